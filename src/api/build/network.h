// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/build/layer.h"
#include "api/build/structure.h"
#include "api/run/guard.h"
#include "api/run/logger.h"
#include "builder/builder.h"

namespace tn::api {

/// A network under construction: an imported graph, if there is one, and layers on top of it. The graph that is built
/// is made from both when it is needed.
class Network final : public tenon::INetworkDefinition {
 public:
  Network(tenon::NetworkDefinitionCreationFlags flags, tenon::ILogger& logger) : flags_(flags), logger_(logger) {}

  void setName(char const* name) noexcept override { name_ = name ? name : ""; }
  char const* getName() const noexcept override { return name_.c_str(); }
  tenon::NetworkDefinitionCreationFlags getFlags() const noexcept override { return flags_; }
  bool getFlag(tenon::NetworkDefinitionCreationFlag flag) const noexcept override {
    return ((flags_ >> static_cast<int>(flag)) & 1u) != 0;
  }
  tenon::ITensor* addInput(char const* name, tenon::DataType type, tenon::Dims const& dimensions) noexcept override;
  void markOutput(tenon::ITensor& tensor) noexcept override;
  void unmarkOutput(tenon::ITensor& tensor) noexcept override;
  int32_t getNbLayers() const noexcept override { return static_cast<int32_t>(layers_.size()); }
  tenon::ILayer* getLayer(int32_t index) const noexcept override;
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs_.size()); }
  tenon::ITensor* getInput(int32_t index) const noexcept override;
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs_.size()); }
  tenon::ITensor* getOutput(int32_t index) const noexcept override;

  tenon::IConvolutionLayer* addConvolutionNd(tenon::ITensor& input, int64_t maps, tenon::Dims const& kernel,
                                             tenon::Weights weights, tenon::Weights bias) noexcept override;
  tenon::IDeconvolutionLayer* addDeconvolutionNd(tenon::ITensor& input, int64_t maps, tenon::Dims kernel,
                                                 tenon::Weights weights, tenon::Weights bias) noexcept override;
  tenon::IPoolingLayer* addPoolingNd(tenon::ITensor& input, tenon::PoolingType type,
                                     tenon::Dims const& window) noexcept override;
  tenon::IActivationLayer* addActivation(tenon::ITensor& input, tenon::ActivationType type) noexcept override;
  tenon::ILRNLayer* addLRN(tenon::ITensor& input, int64_t window, float alpha, float beta, float k) noexcept override;
  tenon::IScaleLayer* addScale(tenon::ITensor& input, tenon::ScaleMode mode, tenon::Weights shift, tenon::Weights scale,
                               tenon::Weights power) noexcept override;
  tenon::IScaleLayer* addScaleNd(tenon::ITensor& input, tenon::ScaleMode mode, tenon::Weights shift,
                                 tenon::Weights scale, tenon::Weights power, int32_t axis) noexcept override;
  tenon::ISoftMaxLayer* addSoftMax(tenon::ITensor& input) noexcept override;
  tenon::IConcatenationLayer* addConcatenation(tenon::ITensor* const* inputs, int32_t count) noexcept override;
  tenon::IElementWiseLayer* addElementWise(tenon::ITensor& a, tenon::ITensor& b,
                                           tenon::ElementWiseOperation op) noexcept override;
  tenon::IUnaryLayer* addUnary(tenon::ITensor& input, tenon::UnaryOperation op) noexcept override;
  tenon::IPaddingLayer* addPaddingNd(tenon::ITensor& input, tenon::Dims const& before,
                                     tenon::Dims const& after) noexcept override;
  tenon::IShuffleLayer* addShuffle(tenon::ITensor& input) noexcept override;
  tenon::IReduceLayer* addReduce(tenon::ITensor& input, tenon::ReduceOperation op, uint32_t axes,
                                 bool keep) noexcept override;
  tenon::ITopKLayer* addTopK(tenon::ITensor& input, tenon::TopKOperation op, int32_t k,
                             uint32_t axes) noexcept override;
  tenon::ITopKLayer* addTopK(tenon::ITensor& input, tenon::TopKOperation op, int32_t k, uint32_t axes,
                             tenon::DataType indices) noexcept override;
  tenon::IGatherLayer* addGather(tenon::ITensor& data, tenon::ITensor& indices, int32_t axis) noexcept override;
  tenon::IGatherLayer* addGatherV2(tenon::ITensor& data, tenon::ITensor& indices,
                                   tenon::GatherMode mode) noexcept override;
  tenon::IMatrixMultiplyLayer* addMatrixMultiply(tenon::ITensor& a, tenon::MatrixOperation op_a, tenon::ITensor& b,
                                                 tenon::MatrixOperation op_b) noexcept override;
  tenon::IConstantLayer* addConstant(tenon::Dims const& dimensions, tenon::Weights weights) noexcept override;
  tenon::IIdentityLayer* addIdentity(tenon::ITensor& input) noexcept override;
  tenon::ICastLayer* addCast(tenon::ITensor& input, tenon::DataType type) noexcept override;
  tenon::ISliceLayer* addSlice(tenon::ITensor& input, tenon::Dims const& start, tenon::Dims const& size,
                               tenon::Dims const& stride) noexcept override;
  tenon::IShapeLayer* addShape(tenon::ITensor& input) noexcept override;
  tenon::IParametricReLULayer* addParametricReLU(tenon::ITensor& input, tenon::ITensor& slope) noexcept override;
  tenon::IResizeLayer* addResize(tenon::ITensor& input) noexcept override;
  tenon::ISelectLayer* addSelect(tenon::ITensor& condition, tenon::ITensor& a, tenon::ITensor& b) noexcept override;
  tenon::IFillLayer* addFill(tenon::Dims const& dimensions, tenon::FillOperation op,
                             tenon::DataType type) noexcept override;
  tenon::IQuantizeLayer* addQuantize(tenon::ITensor& input, tenon::ITensor& scale,
                                     tenon::DataType type) noexcept override;
  tenon::IDequantizeLayer* addDequantize(tenon::ITensor& input, tenon::ITensor& scale,
                                         tenon::DataType type) noexcept override;
  tenon::IDynamicQuantizeLayer* addDynamicQuantize(tenon::ITensor& input, int32_t axis, int32_t block,
                                                   tenon::DataType type, tenon::DataType scales) noexcept override;
  tenon::IDynamicQuantizeLayer* addDynamicQuantizeV2(tenon::ITensor& input, tenon::Dims const& block,
                                                     tenon::DataType type, tenon::DataType scales) noexcept override;
  tenon::INormalizationLayer* addNormalization(tenon::ITensor& input, tenon::ITensor& scale, tenon::ITensor& bias,
                                               uint32_t axes) noexcept override;
  tenon::INormalizationLayer* addNormalizationV2(tenon::ITensor& input, tenon::ITensor& scale, tenon::ITensor& bias,
                                                 uint32_t axes) noexcept override;
  tenon::ISqueezeLayer* addSqueeze(tenon::ITensor& input, tenon::ITensor& axes) noexcept override;
  tenon::IUnsqueezeLayer* addUnsqueeze(tenon::ITensor& input, tenon::ITensor& axes) noexcept override;
  tenon::IScatterLayer* addScatter(tenon::ITensor& data, tenon::ITensor& indices, tenon::ITensor& updates,
                                   tenon::ScatterMode mode) noexcept override;
  tenon::IOneHotLayer* addOneHot(tenon::ITensor& indices, tenon::ITensor& values, tenon::ITensor& depth,
                                 int32_t axis) noexcept override;
  tenon::INonZeroLayer* addNonZero(tenon::ITensor& input) noexcept override;
  tenon::INonZeroLayer* addNonZero(tenon::ITensor& input, tenon::DataType indices) noexcept override;
  tenon::INMSLayer* addNMS(tenon::ITensor& boxes, tenon::ITensor& scores, tenon::ITensor& most) noexcept override;
  tenon::INMSLayer* addNMS(tenon::ITensor& boxes, tenon::ITensor& scores, tenon::ITensor& most,
                           tenon::DataType indices) noexcept override;
  tenon::IGridSampleLayer* addGridSample(tenon::ITensor& input, tenon::ITensor& grid) noexcept override;
  tenon::IReverseSequenceLayer* addReverseSequence(tenon::ITensor& input, tenon::ITensor& lengths) noexcept override;
  tenon::IEinsumLayer* addEinsum(tenon::ITensor* const* inputs, int32_t count, char const* equation) noexcept override;
  tenon::ICumulativeLayer* addCumulative(tenon::ITensor& input, tenon::ITensor& axis, tenon::CumulativeOperation op,
                                         bool exclusive, bool reverse) noexcept override;
  tenon::IIfConditional* addIfConditional() noexcept override;
  tenon::ILoop* addLoop() noexcept override;
  tenon::IAttention* addAttention(tenon::ITensor& query, tenon::ITensor& key, tenon::ITensor& value,
                                  tenon::AttentionNormalizationOp op, bool causal) noexcept override;
  tenon::IHostMemory* getText() const noexcept override;

  /// Makes a layer named after its kind and number, lets `prepare` set it up, and appends it.
  template <typename Record, typename Prepare>
  Record* add_layer(tenon::LayerType type, const char* kind, const std::vector<tenon::ITensor*>& inputs, size_t outputs,
                    const Prepare& prepare) noexcept {
    return guard<Record*>(logger_, nullptr, [&] {
      auto layer = std::make_unique<Record>(*this, type, next_name(kind), tensors_of(inputs), outputs);
      prepare(*layer);
      Record* added = layer.get();
      append(std::move(layer));
      return added;
    });
  }
  const std::vector<std::unique_ptr<LayerRecord>>& layers() const { return layers_; }

  /// Takes a graph read from a file, which is of ONNX if it is named. Throws Error where the network is not empty.
  void import_graph(Graph graph, std::string model_file = "");
  const std::string& model_file() const { return model_file_; }
  /// The graph that all this means. Throws Error naming the layer.
  Graph graph() const;
  /// The same with what is asked for layers and tensors, which is added to `config`.
  Graph graph(BuilderConfig& config) const;
  /// Type of a tensor, as far as it can be known now. Throws Error where the network is not valid.
  const TensorType& type_of(const NetworkTensor& tensor) const;

  NetworkTensor* imported_tensor(TensorId id);
  const Graph& imported() const { return imported_; }
  const std::vector<NetworkTensor*>& inputs() const { return inputs_; }
  const std::vector<NetworkTensor*>& outputs() const { return outputs_; }
  const std::vector<std::unique_ptr<NetworkTensor>>& imported_tensors() const { return imported_tensors_; }
  void changed() const noexcept { lowered_.reset(); }
  PublicLogger& logger() const noexcept { return logger_; }

 private:
  std::string next_name(const char* kind) const;
  /// Throws Error where one is null.
  static std::vector<NetworkTensor*> tensors_of(const std::vector<tenon::ITensor*>& tensors);
  void append(std::unique_ptr<LayerRecord> layer);

  const tenon::NetworkDefinitionCreationFlags flags_;
  mutable PublicLogger logger_;
  std::string name_;
  Graph imported_;
  std::string model_file_;
  std::vector<std::unique_ptr<NetworkTensor>> imported_tensors_;  ///< by TensorId; null where nobody asked
  std::vector<std::unique_ptr<NetworkTensor>> added_inputs_;
  std::vector<std::unique_ptr<LayerRecord>> layers_;
  std::vector<std::unique_ptr<Structure>> structures_;
  std::vector<std::unique_ptr<tenon::IAttention>> attentions_;
  std::vector<NetworkTensor*> inputs_, outputs_;
  mutable std::optional<Lowering> lowered_;  ///< what getDimensions needed so far
};

}  // namespace tn::api
