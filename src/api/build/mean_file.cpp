// SPDX-License-Identifier: Apache-2.0
#include "api/build/mean_file.h"

#include <fmt/format.h>

#include <string_view>

#include "base/error.h"
#include "import/caffe/caffe.h"

namespace tn::api {
namespace {

std::string channel_means(const std::string& path) {
  const ConstantPtr image = import::read_caffe_blob(path);
  constexpr int64_t kMostChannels = 4;
  const int rank = image->dims().rank();
  const int64_t channels = rank < 3 ? 0 : image->dims()[rank - 3];
  if (channels < 1 || channels > kMostChannels || image->elements() == 0)
    throw Error(ErrorCode::InvalidArgument, "{}: an array {} is no mean image", path, to_string(image->dims()));
  const int64_t pixels = image->dims()[rank - 2] * image->dims()[rank - 1];
  std::string means;
  for (int64_t channel = 0; channel < channels; ++channel) {
    double sum = 0;
    for (int64_t i = 0; i < pixels; ++i) sum += image->number(channel * pixels + i);
    means += fmt::format("{}{}", channel == 0 ? "" : ":", sum / static_cast<double>(pixels));
  }
  return means;
}

}  // namespace

std::string with_mean_of_file(std::string specification) {
  constexpr std::string_view kKey = "mean=@";
  const size_t key = specification.find(kKey);
  if (key == specification.npos) return specification;
  const size_t begin = key + kKey.size() - 1, end = std::min(specification.find(',', begin), specification.size());
  return specification.replace(begin, end - begin, channel_means(specification.substr(begin + 1, end - begin - 1)));
}

}  // namespace tn::api
