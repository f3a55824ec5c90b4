// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tn::test {

/// A network of Caffe with a layer of every kind that has weights; the target for files of weights gives it these.
inline constexpr std::string_view kTrainedNet = R"(
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 4 dim: 5 dim: 5 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 group: 2 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "bn" }
layer { name: "scale" type: "Scale" bottom: "bn" top: "scale" scale_param { bias_term: true } }
layer { name: "prelu" type: "PReLU" bottom: "scale" top: "prelu" }
layer { name: "deconv" type: "Deconvolution" bottom: "prelu" top: "deconv" convolution_param { num_output: 2 kernel_size: 2 stride: 2 } }
layer { name: "norm" type: "Normalize" bottom: "deconv" top: "norm" }
layer { name: "bias" type: "Bias" bottom: "norm" top: "bias" }
layer { name: "ip" type: "InnerProduct" bottom: "prelu" top: "ip" inner_product_param { num_output: 3 } }
layer { name: "steps" type: "Input" top: "x" top: "on" input_param { shape { dim: 2 dim: 1 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "on" top: "lstm" recurrent_param { num_output: 2 } }
layer { name: "rnn" type: "RNN" bottom: "x" bottom: "on" top: "rnn" recurrent_param { num_output: 2 } }
layer { name: "words" type: "Input" top: "words" input_param { shape { dim: 4 } } }
layer { name: "embed" type: "Embed" bottom: "words" top: "embed" embed_param { num_output: 2 input_dim: 5 } }
layer { name: "parameter" type: "Parameter" top: "parameter" parameter_param { shape { dim: 3 } } }
)";

}  // namespace tn::test
