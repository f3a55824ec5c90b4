// SPDX-License-Identifier: Apache-2.0
// Hundreds of networks of Caffe that cannot be: one clear line about each, soon.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <iostream>
#include <vector>

#include "builder/builder.h"
#include "hostile/tally.h"

namespace tn::test {
namespace {

constexpr std::string_view kInput =
    "layer { name: \"data\" type: \"Input\" top: \"x\" input_param { shape { dim: 1 dim: 6 dim: 8 dim: 8 } } }\n";

// Layers from x to y.
constexpr std::string_view kLayers[] = {
    "type: \"Convolution\" convolution_param { num_output: 4 kernel_size: 3 pad: 1 }",
    "type: \"Deconvolution\" convolution_param { num_output: 4 kernel_size: 2 stride: 2 }",
    "type: \"Pooling\" pooling_param { pool: MAX kernel_size: 3 stride: 2 }",
    "type: \"Pooling\" pooling_param { pool: AVE global_pooling: true }",
    "type: \"InnerProduct\" inner_product_param { num_output: 5 }",
    "type: \"LRN\" lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 }",
    "type: \"BatchNorm\" batch_norm_param { eps: 0.001 }",
    "type: \"Scale\" scale_param { bias_term: true }",
    "type: \"Bias\" bias_param { axis: 1 }",
    "type: \"PReLU\" prelu_param { channel_shared: false }",
    "type: \"ReLU\" relu_param { negative_slope: 0.1 }",
    "type: \"ELU\" elu_param { alpha: 1 }",
    "type: \"Clip\" clip_param { min: 0 max: 6 }",
    "type: \"Power\" power_param { power: 2 scale: 3 shift: 1 }",
    "type: \"Exp\" exp_param { base: 2 }",
    "type: \"Log\" log_param { base: 2 }",
    "type: \"Threshold\" threshold_param { threshold: 0.5 }",
    "type: \"Softmax\" softmax_param { axis: 1 }",
    "type: \"ArgMax\" argmax_param { axis: 1 top_k: 2 }",
    "type: \"Flatten\" flatten_param { axis: 1 }",
    "type: \"Reshape\" reshape_param { shape { dim: 0 dim: -1 } }",
    "type: \"Permute\" permute_param { order: 0 order: 2 order: 3 order: 1 }",
    "type: \"Reduction\" reduction_param { operation: SUM axis: 1 }",
    "type: \"Tile\" tile_param { axis: 1 tiles: 2 }",
    "type: \"Im2col\" convolution_param { kernel_size: 3 }",
    "type: \"MVN\" mvn_param { across_channels: true }",
    "type: \"SPP\" spp_param { pyramid_height: 2 }",
    "type: \"ShuffleChannel\" shuffle_channel_param { group: 2 }",
    "type: \"Interp\" interp_param { zoom_factor: 2 }",
    "type: \"Normalize\" norm_param { across_spatial: false }",
};

std::string net(std::string_view layer, std::string_view bottom = "x", std::string_view top = "y") {
  return fmt::format("{}layer {{ name: \"l\" bottom: \"{}\" top: \"{}\" {} }}\n", kInput, bottom, top, layer);
}

Read caffe_net(std::string deploy, std::optional<std::string> model = std::nullopt) {
  return [deploy = std::move(deploy), model = std::move(model)] {
    std::optional<std::span<const std::byte>> weights;
    if (model) weights = std::as_bytes(std::span(*model));
    return read_caffe(std::as_bytes(std::span(deploy)), weights).graph;
  };
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  return at == text.npos ? "" : text.replace(at, from.size(), to);
}

TEST(BrokenCaffe, UnbrokenNetsBuild) {
  for (const std::string_view layer : kLayers) EXPECT_EQ(error_of(caffe_net(net(layer))), "") << layer;
}

TEST(BrokenCaffe, BrokenLayersAreRefused) {
  Tally tally;
  for (const std::string_view layer : kLayers) {
    const std::string good = net(layer);
    const auto refuse = [&](const std::string& what, const std::string& text) {
      if (!text.empty()) tally.refuse(fmt::format("{}: {}", what, text), caffe_net(text));
    };
    refuse("a bottom that nothing makes", net(layer, "nothing"));
    refuse("a layer that reads what a later one makes",
           net(layer, "z") + "layer { name: \"m\" type: \"ReLU\" bottom: \"y\" top: \"z\" }\n");
    refuse("no bottom", replaced(good, "bottom: \"x\"", ""));
    refuse("an unknown type", replaced(good, layer.substr(0, layer.find('"') + 1), "type: \"Un"));
    refuse("no type", replaced(good, layer.substr(0, layer.find("\" ") + 1), ""));
    refuse("two layers that make a blob", good + good.substr(kInput.size()));
    refuse("equal tops", replaced(good, "top: \"y\"", "top: \"y\" top: \"y\""));
    refuse("nine tops", replaced(good, "top: \"y\"",
                                 "top: \"y\" top: \"a\" top: \"b\" top: \"c\" top: \"d\" top: \"e\" top: \"f\" "
                                 "top: \"g\" top: \"h\""));
    refuse("parameters that are a number", replaced(good, layer.substr(layer.find(" {"), 2), ": 3 {"));
    refuse("parameters that are no message",
           good.substr(0, good.find(layer)) + std::string(layer.substr(0, layer.find(" {"))) + ": 3 }\n");
    refuse("a brace too few", good.substr(0, good.rfind('}')));
    refuse("a brace too many", good + "}");
    refuse("a text that is not closed", good.substr(0, good.rfind('"')) + "\n");
    for (const char* extent : {"0", "-1", "9223372036854775807", "1e30", "\"eight\"", "{}"})
      refuse(fmt::format("an input of extent {}", extent), replaced(good, "dim: 8", fmt::format("dim: {}", extent)));
  }
  tally.print("layers of Caffe");
  EXPECT_GE(tally.count(), 400);
}

TEST(BrokenCaffe, DeepAndEndlessTextsAreRefused) {
  Tally tally;
  for (const size_t depth : {40, 1000, 1000000}) {
    std::string text = std::string(kInput) + "layer { name: \"l\"";
    for (size_t i = 0; i < depth; ++i) text += " a {";
    tally.refuse(fmt::format("{} messages deep", depth), caffe_net(text));
    for (size_t i = 0; i < depth; ++i) text += " }";
    tally.refuse(fmt::format("{} messages deep and closed", depth), caffe_net(text + " }"));
    tally.refuse(fmt::format("{} empty layers", depth), caffe_net([&] {
                   std::string layers;
                   for (size_t i = 0; i < depth; ++i) layers += "layer{}";
                   return layers;
                 }()));
  }
  for (const char* text : {"", " ", "#", "layer", "layer:", "layer {", "layer: 3", "{", "}", "layer { name: \"a }",
                           "layer { name: 'a\\", "layer { dim: - }", "layer { dim: 0x }", "layer { dim: 1e999 }",
                           "input: \"x\" input_dim: 1", "input_dim: 1 input_dim: 3", "\xff\xfe\x00\x01"})
    tally.refuse(fmt::format("'{}'", text), caffe_net(text));
  tally.print("texts of Caffe");
}

// One message of the wire format.
std::string field(int number, int wire, std::string_view content) {
  std::string text;
  const auto varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) text += static_cast<char>((value & 0x7f) | 0x80);
    text += static_cast<char>(value);
  };
  varint(static_cast<uint64_t>(number) << 3 | static_cast<uint64_t>(wire));
  if (wire == 2) varint(content.size());
  return text + std::string(content);
}

// A layer "l" of an InnerProduct of the input (384 elements to 5), whose weights are `blob`.
std::string trained(std::string_view blobs) {
  return field(100, 2, field(1, 2, "l") + field(2, 2, "InnerProduct") + std::string(blobs));
}

std::string blob(const std::vector<int64_t>& dims, size_t count) {
  std::string shape, data(count * 4, '\0');
  for (const int64_t dim : dims) {
    std::string varint;
    for (auto value = static_cast<uint64_t>(dim);; value >>= 7) {
      varint += static_cast<char>(value < 0x80 ? value : (value & 0x7f) | 0x80);
      if (value < 0x80) break;
    }
    shape += field(1, 0, varint);
  }
  return field(7, 2, field(7, 2, shape) + field(5, 2, data));
}

TEST(BrokenCaffe, BrokenWeightsAreRefused) {
  const std::string deploy = net("type: \"InnerProduct\" inner_product_param { num_output: 5 }");
  const std::string weight = blob({5, 384}, 1920), bias = blob({5}, 5);
  const std::string good = trained(weight + bias);
  ASSERT_EQ(error_of(caffe_net(deploy, good)), "");
  Tally tally;
  const auto refuse = [&](const std::string& what, const std::string& model) {
    tally.refuse(what, caffe_net(deploy, model));
  };
  for (size_t length = 0; length < good.size(); length += good.size() / 100 + 1)
    refuse(fmt::format("the first {} bytes", length), good.substr(0, length));
  refuse("no layer of the name", replaced(good, "\x0a\x01l", "\x0a\x01m"));
  refuse("no weights", trained(""));
  refuse("no bias", trained(weight));
  for (const std::vector<int64_t>& dims : std::vector<std::vector<int64_t>>{{5, -384},
                                                                            {-5, -384},
                                                                            {int64_t{1} << 40, int64_t{1} << 40},
                                                                            {INT64_MIN},
                                                                            {INT64_MAX, 2},
                                                                            {0},
                                                                            {384},
                                                                            {5, 383}})
    refuse(fmt::format("weights of {} axes from {}", dims.size(), dims[0]), trained(blob(dims, 1920) + bias));
  for (const size_t count : {0, 1, 1919, 1921})
    refuse(fmt::format("{} weights", count), trained(blob({5, 384}, count) + bias));
  refuse("weights of three bytes more", trained(field(7, 2, field(5, 2, std::string(7683, 'x'))) + bias));
  for (const int wire : {0, 1, 3, 4, 5, 6, 7})
    for (const int number : {1, 2, 7, 100})
      refuse(fmt::format("field {} of kind {}", number, wire),
             field(100, 2, field(number, wire, "\x01\x02\x03\x04\x05\x06\x07\x08")));
  refuse("a length of 2^63", field(100, 2, "") + std::string("\xa2\x06\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11));
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep = field(7, 2, deep);
  refuse("5000 messages deep", trained(deep));
  tally.print("weights of Caffe");
  EXPECT_GE(tally.count(), 140);
}

}  // namespace
}  // namespace tn::test
