// SPDX-License-Identifier: Apache-2.0
#include "ops/signal/reference/mel_weights.h"

#include <cmath>

namespace tn::ops {
namespace {

double mel(double hertz) {
  return 2595 * std::log10(1 + hertz / 700);
}
double hertz(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

void mel_weights(const MelWeightsAttributes&, std::span<const TensorView> inputs, std::span<const TensorView> outputs) {
  const TensorView& y = outputs[0];
  require(y.rank() == 2, "a result of rank {}", y.rank());
  const int64_t spectrum = y.dims[0], bins = y.dims[1], length = load_int64(inputs[1], 0);
  const double rate = load_double(inputs[2], 0), low = mel(load_double(inputs[3], 0));
  const double step = (mel(load_double(inputs[4], 0)) - low) / static_cast<double>(bins + 2);
  // The spectrum's bin in which an edge of the triangles lies.
  const auto edge = [&](int64_t i) {
    const double bin = std::floor(static_cast<double>(length + 1) * hertz(low + static_cast<double>(i) * step) / rate);
    require(std::fabs(bin) < 1e15, "edge {} of the bands lies in bin {}", i, bin);
    return static_cast<int64_t>(bin);
  };
  for (int64_t band = 0; band < bins; ++band) {
    const int64_t left = edge(band), center = edge(band + 1), right = edge(band + 2);
    for (int64_t bin = 0; bin < spectrum; ++bin) {
      double weight = 0;
      if (bin == center)
        weight = 1;
      else if (bin >= left && bin < center)
        weight = static_cast<double>(bin - left) / static_cast<double>(center - left);
      else if (bin > center && bin < right)
        weight = static_cast<double>(right - bin) / static_cast<double>(right - center);
      store_double(y, bin * y.strides[0] + band * y.strides[1], weight);
    }
  }
}

}  // namespace

extern const ReferenceEntry mel_weights_reference =
    make_reference<MelWeightsAttributes, mel_weights>("MelWeightMatrix", {5, 1});

}  // namespace tn::ops
