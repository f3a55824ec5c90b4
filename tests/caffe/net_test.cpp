// SPDX-License-Identifier: Apache-2.0
// Whole networks: names, inputs, outputs, weights, errors.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "builder/builder.h"
#include "passes/evaluate.h"

namespace tn {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

import::CaffeNetwork read(std::string_view deploy, std::optional<std::string_view> model = std::nullopt,
                          const import::CaffeOptions& options = {}){std::optional<std::span<const std::byte>> weights;
if (model) weights = std::as_bytes(std::span(*model));
return read_caffe(std::as_bytes(std::span(deploy)), weights, options);
}  // namespace

std::string error_of(std::string_view deploy, std::optional<std::string_view> model = std::nullopt,
                     const import::CaffeOptions& options = {}) {
  try {
    read(deploy, model, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string> names(const Graph& graph, const std::vector<TensorId>& ids) {
  std::vector<std::string> result;
  for (const TensorId id : ids) result.push_back(graph.tensor(id).name + " " + to_string(graph.tensor(id).type));
  return result;
}

constexpr std::string_view kInput =
    "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: [4, 3, 6, 6] } } }\n";
constexpr std::string_view kConvolution =
    "layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'\n"
    "  convolution_param { num_output: 2 kernel_size: 1 bias_term: false } }\n";

TEST(CaffeNet, LayersInPlaceTakeTheNameOver) {
  const std::string net = std::string(kInput) +
                          "layer { name: 'conv' type: 'Power' bottom: 'data' top: 'conv' power_param { shift: 1 } }\n"
                          "layer { name: 'relu' type: 'ReLU' bottom: 'conv' top: 'conv' }\n"
                          "layer { name: 'scale' type: 'Power' bottom: 'conv' top: 'conv' power_param { scale: 2 } }\n";
  const auto network = read(net);
  EXPECT_THAT(names(network.graph, network.graph.outputs()), ElementsAre("conv f32[4,3,6,6]"));
  const auto input = Constant::make(DataType::F32, {4, 3, 6, 6}, [](const TensorView& view) {
    for (int64_t i = 0; i < view.elements(); ++i) store_double(view, i, i == 0 ? -3 : 2);
  });
  const std::vector<ConstantPtr> inputs = {input};
  const auto result = passes::evaluate(network.graph, inputs)[0];
  EXPECT_EQ(result->number(0), 0);
  EXPECT_EQ(result->number(1), 6);
}

TEST(CaffeNet, WithoutWeightsTheyAreRandomAndItSaysSo) {
  const auto network = read(std::string(kInput) + std::string(kConvolution));
  ASSERT_EQ(network.warnings.size(), 1u);
  EXPECT_THAT(network.warnings[0], HasSubstr("random"));
}

TEST(CaffeNet, TakesWeightsByTheLayersName) {
  const auto network =
      read(std::string(kInput) + std::string(kConvolution),
           "layer { name: 'conv' blobs { num: 2 channels: 3 height: 1 width: 1 data: [1, 2, 3, 4, 5, 6] } }");
  EXPECT_TRUE(network.warnings.empty());
  std::vector<double> weights;
  for (size_t i = 0; i < network.graph.tensor_count(); ++i) {
    const auto& constant = network.graph.tensor(static_cast<TensorId>(i)).constant;
    if (constant && constant->elements() == 6)
      for (int64_t at = 0; at < 6; ++at) weights.push_back(constant->number(at));
  }
  EXPECT_THAT(weights, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(CaffeNet, BatchAndShapesReplaceThoseOfTheFile) {
  import::CaffeOptions options;
  options.batch = 9;
  EXPECT_THAT(names(read(kInput.data() + std::string(kConvolution), std::nullopt, options).graph,
                    read(kInput.data() + std::string(kConvolution), std::nullopt, options).graph.inputs()),
              ElementsAre("data f32[9,3,6,6]"));
  options.shapes["data"] = Shape{-1, 3, 8, 8};
  const auto open = read(std::string(kInput) + std::string(kConvolution), std::nullopt, options);
  EXPECT_THAT(names(open.graph, open.graph.outputs()), ElementsAre("conv f32[d_data_0,2,8,8]"));
  options.shapes = {{"date", Shape{1, 3, 8, 8}}};
  EXPECT_THAT(error_of(std::string(kInput) + std::string(kConvolution), std::nullopt, options),
              HasSubstr("no input 'date'"));
}

TEST(CaffeNet, ATrainingFileIsReducedToWhatItIsUsedFor) {
  const std::string net =
      "layer { name: 'a' type: 'Data' top: 'data' top: 'label' include { phase: TRAIN } data_param { batch_size: 64 } "
      "}\n"
      "layer { name: 'b' type: 'Data' top: 'data' top: 'label' include { phase: TEST }\n"
      "  data_param { batch_size: 5 } transform_param { crop_size: 6 } }\n"
      "layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param { num_output: 7 } }\n"
      "layer { name: 'accuracy' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }\n"
      "layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }\n";
  const auto network = read(net);
  EXPECT_THAT(names(network.graph, network.graph.inputs()), ElementsAre("data f32[5,3,6,6]"));
  EXPECT_THAT(names(network.graph, network.graph.outputs()), ElementsAre("loss f32[5,7]"));
}

TEST(CaffeNet, OutputsAreChosenByName) {
  const std::string net = std::string(kInput) +
                          "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }\n"
                          "layer { name: 's' type: 'Split' bottom: 'r' top: 's0' top: 's1' }\n";
  import::CaffeOptions options;
  options.outputs = {"s1", "r"};
  const auto network = read(net, std::nullopt, options);
  EXPECT_THAT(names(network.graph, network.graph.outputs()), ElementsAre("s1 f32[4,3,6,6]", "r f32[4,3,6,6]"));
  options.outputs = {"prob"};
  EXPECT_THAT(error_of(net, std::nullopt, options), AllOf(HasSubstr("'prob'"), HasSubstr("s0, s1")));
}

TEST(CaffeNet, NamesEveryLayerThatCannotBeImported) {
  const std::string error = error_of(std::string(kInput) +
                                     "layer { name: 'a' type: 'Python' bottom: 'data' top: 'a' }\n"
                                     "layer { name: 'b' type: 'ReLU' bottom: 'a' top: 'b' }\n"
                                     "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' }\n"
                                     "layer { name: 'd' type: 'ReLU' bottom: 'nowhere' top: 'd' }\n");
  EXPECT_THAT(error, AllOf(HasSubstr("3 layers"), HasSubstr("layer 'a' (Python): there is no importer"),
                           HasSubstr("layer 'c' (Convolution): kernel_size is 0"), HasSubstr("'nowhere'")));
  EXPECT_THAT(error, testing::Not(HasSubstr("'b'")));
}

TEST(CaffeNet, SaysWhatIsMissingInTheWeights) {
  const std::string net = std::string(kInput) + std::string(kConvolution);
  EXPECT_THAT(error_of(net, "layer { name: 'other' }"), HasSubstr("no layer of this name"));
  EXPECT_THAT(error_of(net, "layer { name: 'conv' }"), HasSubstr("number 1 is missing"));
  EXPECT_THAT(error_of(net, "layer { name: 'conv' blobs { shape { dim: 5 } data: [1, 2, 3, 4, 5] } }"),
              HasSubstr("2 x 3 x 1 x 1"));
}

// What a prototxt may be made to say against us: an error, and soon.
TEST(CaffeNet, RefusesAbsurdSizes) {
  const auto layer = [](std::string_view text) {
    return std::string(kInput) + "layer { name: 'l' bottom: 'data' top: 'l' " + std::string(text) + " }";
  };
  for (const std::string_view text : {
           "type: 'Convolution' convolution_param { num_output: 1000000000 kernel_size: 6 }",
           "type: 'Convolution' convolution_param { num_output: 2 kernel_size: 9000000000000000000 }",
           "type: 'Convolution' convolution_param { num_output: 2 kernel_size: [1, 2, 3] }",
           "type: 'Convolution' convolution_param { num_output: -2 kernel_size: 1 }",
           "type: 'Convolution' convolution_param { num_output: 2 kernel_size: 1 group: 0 }",
           "type: 'Convolution' convolution_param { num_output: 2 kernel_size: 7 }",
           "type: 'Pooling' pooling_param { kernel_size: 2 pad: 2 }",
           "type: 'Pooling' pooling_param { kernel_size: 2 stride: 0 }",
           "type: 'Pooling' pooling_param { pool: MEDIAN kernel_size: 2 }",
           "type: 'InnerProduct' inner_product_param { num_output: 1e30 }",
           "type: 'InnerProduct' inner_product_param { num_output: 2 axis: 4 }",
           "type: 'Tile' tile_param { axis: 1 tiles: 1000000000000 } ",
           "type: 'Interp' interp_param { zoom_factor: 1000000000 shrink_factor: 1 }",
           "type: 'Upsample' upsample_param { scale: 1000000000 }",
           "type: 'SPP' spp_param { pyramid_height: 60 }",
           "type: 'Slice' slice_param { slice_point: [2, 1] } top: 'b' top: 'c'",
           "type: 'Slice' slice_param { axis: -5 } top: 'b'",
           "type: 'Reshape' reshape_param { shape { dim: [-1, -1] } }",
           "type: 'Reshape' reshape_param { shape { dim: [7, 7] } }",
           "type: 'Permute' permute_param { order: [0, 0] }",
           "type: 'Eltwise' bottom: 'nowhere'",
           "type: 'Eltwise' eltwise_param { coeff: [1, 2] }",
           "type: 'Crop'",
           "type: 'LSTM' bottom: 'data' recurrent_param { num_output: 2 }",
           "type: 'PriorBox' bottom: 'data' prior_box_param { }",
           "type: 'DetectionOutput' bottom: 'data' bottom: 'data' detection_output_param { num_classes: 2 }",
           "type: 'Scale' scale_param { axis: 1 num_axes: 9 }",
           "type: 'Parameter' parameter_param { shape { dim: [100000, 100000, 100000] } }",
           "type: 'LRN' lrn_param { local_size: 4 }",
           "type: 'ReLU' top: 'l'",
           "type: 3",
           "type: ''",
       }) {
    EXPECT_NE(error_of(layer(text)), "no error") << text;
  }
  EXPECT_NE(
      error_of("layer { name: 'd' type: 'Input' top: 'd' input_param { shape { dim: [4000000000, 4000000000] } } }"),
      "no error");
  EXPECT_NE(error_of("input: 'd' input_dim: [1, 2]"), "no error");
  EXPECT_NE(error_of(""), "no error");
}

}  // namespace tn
}  // namespace tn
