// SPDX-License-Identifier: Apache-2.0
#include "tuning/timing_inputs.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "base/tensor_view.h"

namespace tn {

HostBuffer timing_input(DataType type, int64_t elements) {
  constexpr int64_t kDistinct = 65521;  // repeated from there on; a prime, so that rows differ
  const size_t size = size_of(type);
  HostBuffer buffer(static_cast<size_t>(elements) * size + 64, "timing inputs");
  std::minstd_rand random(1);
  const int64_t distinct = std::min(elements, kDistinct);
  const TensorView view = TensorView::dense(buffer.data(), type, {distinct});
  for (int64_t i = 0; i < distinct; ++i) {
    const double value = static_cast<double>(random() % 2001) / 1000.0 - 1.0;
    if (is_float(type))
      store_double(view, i, value);
    else
      store_int64(view, i, 0);
  }
  auto* bytes = reinterpret_cast<char*>(buffer.data());
  for (int64_t at = distinct; at < elements; at += distinct)
    std::memcpy(bytes + static_cast<size_t>(at) * size, bytes,
                static_cast<size_t>(std::min(distinct, elements - at)) * size);
  return buffer;
}

std::byte* TimingInputs::get(size_t input, DataType type, int64_t elements) {
  Kept& kept = kept_[{input, type}];
  if (kept.elements < elements) kept = {elements, timing_input(type, elements)};
  return kept.buffer.data();
}

}  // namespace tn
