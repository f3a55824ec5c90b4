// SPDX-License-Identifier: Apache-2.0
// Layers that choose elements by indices, or find them.
#pragma once

#include "tenon/tensor.h"

namespace tenon {

class IGatherLayer : public ILayer {
 public:
  virtual void setGatherAxis(int32_t gatherAxis) noexcept = 0;
  virtual int32_t getGatherAxis() const noexcept = 0;
  /// Leading dimensions that data and indices share.
  virtual void setNbElementWiseDims(int32_t nbElementWiseDims) noexcept = 0;
  virtual int32_t getNbElementWiseDims() const noexcept = 0;
  virtual void setMode(GatherMode mode) noexcept = 0;
  virtual GatherMode getMode() const noexcept = 0;
};

/// Output 0 has the values in falling (kMIN: rising) order, output 1 their indices. Input 1, where set, is k.
class ITopKLayer : public ILayer {
 public:
  virtual void setOperation(TopKOperation operation) noexcept = 0;
  virtual TopKOperation getOperation() const noexcept = 0;
  virtual void setK(int32_t k) noexcept = 0;
  virtual int32_t getK() const noexcept = 0;
  /// One bit: 1 << axis.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  virtual uint32_t getReduceAxes() const noexcept = 0;
  /// kINT32 (default) or kINT64.
  virtual bool setIndicesType(DataType indicesType) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;
};

/// Input 0 with elements replaced: kELEMENT: output[indices along the axis] = updates; kND: as ONNX's ScatterND.
/// Inputs are data, indices and updates. Of several updates of one element the last counts.
class IScatterLayer : public ILayer {
 public:
  virtual void setMode(ScatterMode mode) noexcept = 0;
  virtual ScatterMode getMode() const noexcept = 0;
  /// Of kELEMENT. Default 0.
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
};

/// Inputs are indices, values [off, on] and the depth, a scalar. The new dimension stands at the axis.
class IOneHotLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
};

/// Indices of the elements that are not zero, [rank, count], in row-major order.
class INonZeroLayer : public ILayer {
 public:
  /// kINT32 (default) or kINT64.
  virtual bool setIndicesType(DataType indicesType) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;
};

/// Non-maximum suppression. Inputs are boxes [N, boxes, 4], scores [N, boxes, classes] and the most boxes of a class, a
/// scalar; inputs 3 and 4, where set, are the thresholds of overlap (default 0) and score (default: all). Output 0 is
/// [count, 3]: image, class, box; output 1 the count, an INT32 scalar.
class INMSLayer : public ILayer {
 public:
  virtual void setBoundingBoxFormat(BoundingBoxFormat format) noexcept = 0;
  virtual BoundingBoxFormat getBoundingBoxFormat() const noexcept = 0;
  /// Most boxes looked at. Default: all; a smaller number than there are boxes is refused at the build.
  virtual void setTopKBoxLimit(int32_t limit) noexcept = 0;
  virtual int32_t getTopKBoxLimit() const noexcept = 0;
  /// kINT32 (default) or kINT64.
  virtual bool setIndicesType(DataType indicesType) noexcept = 0;
  virtual DataType getIndicesType() const noexcept = 0;
};

/// Input 0 [N,C,H,W] at the points of input 1 [N,H',W',2]: x and y, of which −1 and 1 are the borders.
class IGridSampleLayer : public ILayer {
 public:
  /// Default kLINEAR.
  virtual void setInterpolationMode(InterpolationMode mode) noexcept = 0;
  virtual InterpolationMode getInterpolationMode() const noexcept = 0;
  /// −1 and 1 are the centres of the outermost pixels. Default: false, their edges.
  virtual void setAlignCorners(bool alignCorners) noexcept = 0;
  virtual bool getAlignCorners() const noexcept = 0;
  /// kFILL (default; zeros), kCLAMP or kREFLECT.
  virtual bool setSampleMode(SampleMode mode) noexcept = 0;
  virtual SampleMode getSampleMode() const noexcept = 0;
};

/// Reverses the first lengths[i] elements of sequence i; input 1 are the lengths.
class IReverseSequenceLayer : public ILayer {
 public:
  /// Default 1.
  virtual void setBatchAxis(int32_t batchAxis) noexcept = 0;
  virtual int32_t getBatchAxis() const noexcept = 0;
  /// Default 0.
  virtual void setSequenceAxis(int32_t sequenceAxis) noexcept = 0;
  virtual int32_t getSequenceAxis() const noexcept = 0;
};

}  // namespace tenon
