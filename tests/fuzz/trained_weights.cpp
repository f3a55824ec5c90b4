// SPDX-License-Identifier: Apache-2.0
#include "fuzz/trained_weights.h"

#include <cstdint>
#include <cstring>
#include <numeric>
#include <string_view>
#include <vector>

namespace tn::test {
namespace {

using Dims = std::vector<int64_t>;

std::string varint(uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) text += static_cast<char>((value & 0x7f) | 0x80);
  return text + static_cast<char>(value);
}

// Fields of a message: a number, and text, bytes or a message.
std::string field(uint64_t number, uint64_t value) {
  return varint(number << 3) + varint(value);
}
std::string field(uint64_t number, std::string_view content) {
  return varint(number << 3 | 2) + varint(content.size()) + std::string(content);
}

template <typename T>
std::string values(size_t count) {
  std::string bytes(count * sizeof(T), '\0');
  for (size_t i = 0; i < count; ++i) {
    const auto value = static_cast<T>(static_cast<double>(i % 5 + 1) / 4);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof value);
  }
  return bytes;
}

size_t elements(const Dims& dims) {
  return static_cast<size_t>(std::accumulate(dims.begin(), dims.end(), int64_t{1}, std::multiplies<>()));
}

std::string shape(const Dims& dims) {
  std::string text;
  for (const int64_t dim : dims) text += field(1, static_cast<uint64_t>(dim));
  return text;
}

std::string blob(const Dims& dims) {
  return field(7, shape(dims)) + field(5, values<float>(elements(dims)));
}
std::string double_blob(const Dims& dims) {
  return field(7, shape(dims)) + field(8, values<double>(elements(dims)));
}
// Of the first generations: four extents.
std::string old_blob(Dims dims) {
  dims.insert(dims.begin(), 4 - dims.size(), 1);
  std::string text;
  for (size_t i = 0; i < 4; ++i) text += field(i + 1, static_cast<uint64_t>(dims[i]));
  return text + field(5, values<float>(elements(dims)));
}

struct Trained {
  const char* layer;
  std::vector<Dims> blobs;
};

const Trained kLayers[] = {{"conv", {{4, 2, 3, 3}, {4}}},
                           {"bn", {{4}, {4}, {1}}},
                           {"scale", {{4}, {4}}},
                           {"prelu", {{4}}},
                           {"deconv", {{4, 2, 2, 2}, {2}}},
                           {"norm", {{2}}},
                           {"bias", {{2}}},
                           {"ip", {{3, 36}, {3}}},
                           {"lstm", {{8, 3}, {8}, {8, 2}}},
                           {"rnn", {{2, 3}, {2}, {2, 2}, {2, 2}, {2}}},
                           {"embed", {{5, 2}, {2}}},
                           {"parameter", {{3}}}};

template <typename Blob>
std::string weights(uint64_t layer_field, uint64_t name_field, uint64_t blob_field, const Blob& make) {
  std::string net;
  for (const auto& [layer, blobs] : kLayers) {
    std::string text = field(name_field, layer);
    for (const Dims& dims : blobs) text += field(blob_field, make(dims));
    net += field(layer_field, text);
  }
  return net;
}

// An InnerProduct behind a ReLU, each generation with its own numbers.
std::string network() {
  const std::string input = field(1, "x") + field(2, "Input") + field(4, "x") + field(143, field(1, shape({1, 6})));
  const std::string relu = field(1, "r") + field(2, "ReLU") + field(3, "x") + field(4, "r");
  const std::string product = field(1, "p") + field(2, "InnerProduct") + field(3, "r") + field(4, "p") +
                              field(117, field(1, 3)) + field(7, blob({3, 6})) + field(7, blob({3}));
  return field(1, "net") + field(100, input) + field(100, relu) + field(100, product);
}
std::string first_generation() {
  constexpr uint64_t kReluType = 18, kProductType = 14;
  const std::string relu = field(2, "x") + field(3, "r") + field(4, "r") + field(5, kReluType);
  const std::string product = field(2, "r") + field(3, "p") + field(4, "p") + field(5, kProductType) +
                              field(17, field(1, 3)) + field(6, old_blob({3, 6})) + field(6, old_blob({3}));
  std::string net = field(3, "x");
  for (const uint64_t dim : {1, 6, 1, 1}) net += field(4, dim);
  return net + field(2, relu) + field(2, product);
}
std::string oldest() {
  const std::string product =
      field(1, "p") + field(2, "innerproduct") + field(3, 3) + field(50, old_blob({3, 6})) + field(50, old_blob({3}));
  std::string net = field(3, "x");
  for (const uint64_t dim : {1, 6, 1, 1}) net += field(4, dim);
  return net + field(2, field(1, product) + field(2, "x") + field(3, "p"));
}

}  // namespace

std::map<std::string, std::string> trained_weights() {
  return {{"weights", weights(100, 1, 7, blob)},
          {"weights_double", weights(100, 1, 7, double_blob)},
          {"weights_old", weights(2, 4, 6, old_blob)},
          {"network", network()},
          {"network_v1", first_generation()},
          {"network_v0", oldest()},
          {"array", blob({1, 3, 2, 2})},
          {"array_old", old_blob({3, 2, 2})}};
}

}  // namespace tn::test
