// SPDX-License-Identifier: Apache-2.0
// Tensors and what all layers have. All of them belong to their network. Names follow TensorRT 10.16.
#pragma once

#include "tenon/interfaces.h"
#include "tenon/layer_types.h"

namespace tenon {

/// A value of the network: an input, or the output of a layer.
class ITensor : public INoCopy {
 public:
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  /// Only for network inputs.
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  /// As far as they are known: −1 where they depend on a dynamic input. nbDims −1 where the network is not valid.
  virtual Dims getDimensions() const noexcept = 0;
  /// For network inputs and outputs of a weakly typed network: the type at the boundary.
  virtual void setType(DataType type) noexcept = 0;
  virtual DataType getType() const noexcept = 0;
  virtual TensorLocation getLocation() const noexcept = 0;
  virtual bool isNetworkInput() const noexcept = 0;
  virtual bool isNetworkOutput() const noexcept = 0;
  /// Formats allowed for a network input or output; the fastest of them is used. Default: kLINEAR.
  virtual void setAllowedFormats(TensorFormats formats) noexcept = 0;
  virtual TensorFormats getAllowedFormats() const noexcept = 0;
  /// What values the tensor has, for BuilderFlag::kINT8: 127 stands for the larger magnitude of the two. Comes before
  /// what a calibrator or a cache says. An input that was added as kINT8 stands for numbers by it, with or without that
  /// flag. False, with a line in the log, for what is no range.
  virtual bool setDynamicRange(float min, float max) noexcept = 0;
  virtual bool dynamicRangeIsSet() const noexcept = 0;
  virtual void resetDynamicRange() noexcept = 0;
  /// NaN where none is set.
  virtual float getDynamicRangeMin() const noexcept = 0;
  virtual float getDynamicRangeMax() const noexcept = 0;
  virtual bool isShapeTensor() const noexcept = 0;
  virtual bool isExecutionTensor() const noexcept = 0;
  /// Dimensions of equal name are equal at run time. nullptr removes a name.
  virtual void setDimensionName(int32_t index, char const* name) noexcept = 0;
  virtual char const* getDimensionName(int32_t index) const noexcept = 0;
};

/// What all layers have.
class ILayer : public INoCopy {
 public:
  virtual LayerType getType() const noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual int32_t getNbInputs() const noexcept = 0;
  /// nullptr beyond the end, and for an optional input that is not set.
  virtual ITensor* getInput(int32_t index) const noexcept = 0;
  virtual int32_t getNbOutputs() const noexcept = 0;
  virtual ITensor* getOutput(int32_t index) const noexcept = 0;
  virtual void setInput(int32_t index, ITensor& tensor) noexcept = 0;
  /// The type in which the layer takes its operands, and computes where an implementation can. Counts with the
  /// builder's flag kOBEY_PRECISION_CONSTRAINTS or kPREFER_PRECISION_CONSTRAINTS; results are given in it, too, unless
  /// setOutputType() says otherwise.
  virtual void setPrecision(DataType dataType) noexcept = 0;
  /// kFLOAT where none is set.
  virtual DataType getPrecision() const noexcept = 0;
  virtual bool precisionIsSet() const noexcept = 0;
  virtual void resetPrecision() noexcept = 0;
  /// The type in which an output is stored, under the same flags. A network output keeps its own (ITensor::setType).
  virtual void setOutputType(int32_t index, DataType dataType) noexcept = 0;
  virtual DataType getOutputType(int32_t index) const noexcept = 0;
  virtual bool outputTypeIsSet(int32_t index) const noexcept = 0;
  virtual void resetOutputType(int32_t index) noexcept = 0;
  /// Free text that the inspector repeats, such as the names of the ONNX nodes.
  virtual void setMetadata(char const* metadata) noexcept = 0;
  virtual char const* getMetadata() const noexcept = 0;
};

}  // namespace tenon
