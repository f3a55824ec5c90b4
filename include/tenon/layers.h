// SPDX-License-Identifier: Apache-2.0
// Tensors and layers of a network under construction. All of them belong to their network. Names follow TensorRT 10.16.
// Dimensions of images are [N,C,H,W], or [N,C,D,H,W] for three spatial dimensions; "spatial" lists run D,H,W.
#pragma once

#include "tenon/interfaces.h"
#include "tenon/layer_types.h"

namespace tenon {

/// order[i] is the input dimension that becomes output dimension i.
struct Permutation {
  int32_t order[Dims::MAX_DIMS];
};

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
  virtual DataType getOutputType(int32_t index) const noexcept = 0;
  /// Free text that the inspector repeats, such as the names of the ONNX nodes.
  virtual void setMetadata(char const* metadata) noexcept = 0;
  virtual char const* getMetadata() const noexcept = 0;
};

/// Two or three spatial dimensions. Kernel weights are [maps, C / groups, spatial…], the bias [maps] or empty.
/// Input 1, where set, is the kernel and replaces the weights; input 2 likewise the bias.
class IConvolutionLayer : public ILayer {
 public:
  virtual void setKernelSizeNd(Dims const& kernelSizeNd) noexcept = 0;
  virtual Dims getKernelSizeNd() const noexcept = 0;
  virtual void setNbOutputMaps(int64_t maps) noexcept = 0;
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  virtual void setKernelWeights(Weights kernelWeights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  virtual void setBiasWeights(Weights biasWeights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  /// The same before and after; the get is of the padding before.
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setDilationNd(Dims const& dilationNd) noexcept = 0;
  virtual Dims getDilationNd() const noexcept = 0;
};

/// The gradient of a convolution. Kernel weights are [C, maps / groups, spatial…].
class IDeconvolutionLayer : public ILayer {
 public:
  virtual void setKernelSizeNd(Dims const& kernelSizeNd) noexcept = 0;
  virtual Dims getKernelSizeNd() const noexcept = 0;
  virtual void setNbOutputMaps(int64_t maps) noexcept = 0;
  virtual int64_t getNbOutputMaps() const noexcept = 0;
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  virtual void setKernelWeights(Weights kernelWeights) noexcept = 0;
  virtual Weights getKernelWeights() const noexcept = 0;
  virtual void setBiasWeights(Weights biasWeights) noexcept = 0;
  virtual Weights getBiasWeights() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  /// The same before and after; the get is of the padding before.
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  virtual void setDilationNd(Dims const& dilationNd) noexcept = 0;
  virtual Dims getDilationNd() const noexcept = 0;
};

class IPoolingLayer : public ILayer {
 public:
  virtual void setPoolingType(PoolingType poolingType) noexcept = 0;
  virtual PoolingType getPoolingType() const noexcept = 0;
  virtual void setWindowSizeNd(Dims const& windowSizeNd) noexcept = 0;
  virtual Dims getWindowSizeNd() const noexcept = 0;
  virtual void setStrideNd(Dims const& strideNd) noexcept = 0;
  virtual Dims getStrideNd() const noexcept = 0;
  virtual void setPaddingNd(Dims const& paddingNd) noexcept = 0;
  virtual Dims getPaddingNd() const noexcept = 0;
  virtual void setPrePadding(Dims const& prePadding) noexcept = 0;
  virtual Dims getPrePadding() const noexcept = 0;
  virtual void setPostPadding(Dims const& postPadding) noexcept = 0;
  virtual Dims getPostPadding() const noexcept = 0;
  virtual void setPaddingMode(PaddingMode paddingMode) noexcept = 0;
  virtual PaddingMode getPaddingMode() const noexcept = 0;
  /// kMAX_AVERAGE_BLEND: (1 − factor)·max + factor·average.
  virtual void setBlendFactor(float blendFactor) noexcept = 0;
  virtual float getBlendFactor() const noexcept = 0;
  /// Default true.
  virtual void setAverageCountExcludesPadding(bool averageCountExcludesPadding) noexcept = 0;
  virtual bool getAverageCountExcludesPadding() const noexcept = 0;
};

class IActivationLayer : public ILayer {
 public:
  virtual void setActivationType(ActivationType activationType) noexcept = 0;
  virtual ActivationType getActivationType() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;
};

/// x / (k + α/window · Σ x²)^β, summed over `window` neighbouring channels (odd).
class ILRNLayer : public ILayer {
 public:
  virtual void setWindowSize(int64_t windowSize) noexcept = 0;
  virtual int64_t getWindowSize() const noexcept = 0;
  virtual void setAlpha(float alpha) noexcept = 0;
  virtual float getAlpha() const noexcept = 0;
  virtual void setBeta(float beta) noexcept = 0;
  virtual float getBeta() const noexcept = 0;
  virtual void setK(float k) noexcept = 0;
  virtual float getK() const noexcept = 0;
};

/// (x·scale + shift)^power; an empty weight stands for 1, 0 and 1.
class IScaleLayer : public ILayer {
 public:
  virtual void setMode(ScaleMode mode) noexcept = 0;
  virtual ScaleMode getMode() const noexcept = 0;
  virtual void setShift(Weights shift) noexcept = 0;
  virtual Weights getShift() const noexcept = 0;
  virtual void setScale(Weights scale) noexcept = 0;
  virtual Weights getScale() const noexcept = 0;
  virtual void setPower(Weights power) noexcept = 0;
  virtual Weights getPower() const noexcept = 0;
  virtual void setChannelAxis(int32_t channelAxis) noexcept = 0;
  virtual int32_t getChannelAxis() const noexcept = 0;
};

class ISoftMaxLayer : public ILayer {
 public:
  /// One bit: 1 << axis. Default: the axis 3 from the end, or 0 for fewer dimensions.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;
};

class IConcatenationLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
};

/// Both inputs have the same rank; extents of 1 are repeated.
class IElementWiseLayer : public ILayer {
 public:
  virtual void setOperation(ElementWiseOperation operation) noexcept = 0;
  virtual ElementWiseOperation getOperation() const noexcept = 0;
};

class IUnaryLayer : public ILayer {
 public:
  virtual void setOperation(UnaryOperation operation) noexcept = 0;
  virtual UnaryOperation getOperation() const noexcept = 0;
};

class IReduceLayer : public ILayer {
 public:
  virtual void setOperation(ReduceOperation operation) noexcept = 0;
  virtual ReduceOperation getOperation() const noexcept = 0;
  /// Bit 1 << axis for each reduced axis.
  virtual void setReduceAxes(uint32_t reduceAxes) noexcept = 0;
  virtual uint32_t getReduceAxes() const noexcept = 0;
  virtual void setKeepDimensions(bool keepDimensions) noexcept = 0;
  virtual bool getKeepDimensions() const noexcept = 0;
};

/// Zeros around the last two dimensions; a negative count crops.
class IPaddingLayer : public ILayer {
 public:
  virtual void setPrePaddingNd(Dims const& prePaddingNd) noexcept = 0;
  virtual Dims getPrePaddingNd() const noexcept = 0;
  virtual void setPostPaddingNd(Dims const& postPaddingNd) noexcept = 0;
  virtual Dims getPostPaddingNd() const noexcept = 0;
};

/// Transpose, then reshape, then transpose. Input 1, where set, is the shape to reshape to.
class IShuffleLayer : public ILayer {
 public:
  virtual void setFirstTranspose(Permutation firstTranspose) noexcept = 0;
  virtual Permutation getFirstTranspose() const noexcept = 0;
  /// One −1 is inferred; 0 copies the extent at the same place (see setZeroIsPlaceholder).
  virtual void setReshapeDimensions(Dims const& reshapeDimensions) noexcept = 0;
  virtual Dims getReshapeDimensions() const noexcept = 0;
  virtual void setSecondTranspose(Permutation secondTranspose) noexcept = 0;
  virtual Permutation getSecondTranspose() const noexcept = 0;
  /// Default true.
  virtual void setZeroIsPlaceholder(bool zeroIsPlaceholder) noexcept = 0;
  virtual bool getZeroIsPlaceholder() const noexcept = 0;
};

/// Output element i is input element start + i·stride; a stride of 0 repeats. Inputs 1, 2 and 3, where set, replace
/// start, size and stride; input 4 is the value for kFILL.
class ISliceLayer : public ILayer {
 public:
  virtual void setStart(Dims const& start) noexcept = 0;
  virtual Dims getStart() const noexcept = 0;
  virtual void setSize(Dims const& size) noexcept = 0;
  virtual Dims getSize() const noexcept = 0;
  virtual void setStride(Dims const& stride) noexcept = 0;
  virtual Dims getStride() const noexcept = 0;
  virtual void setMode(SampleMode mode) noexcept = 0;
  virtual SampleMode getMode() const noexcept = 0;
  /// The dimensions that start, size and stride are about; default: all of them.
  virtual void setAxes(Dims const& axes) noexcept = 0;
  virtual Dims getAxes() const noexcept = 0;
};

/// The input's shape as an INT64 vector.
class IShapeLayer : public ILayer {};

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

/// Batched over the leading dimensions, of which extents of 1 are repeated.
class IMatrixMultiplyLayer : public ILayer {
 public:
  /// `index` is 0 or 1, the operand.
  virtual void setOperation(int32_t index, MatrixOperation op) noexcept = 0;
  virtual MatrixOperation getOperation(int32_t index) const noexcept = 0;
};

class IConstantLayer : public ILayer {
 public:
  virtual void setWeights(Weights weights) noexcept = 0;
  virtual Weights getWeights() const noexcept = 0;
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
};

class IIdentityLayer : public ILayer {};

class ICastLayer : public ILayer {
 public:
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// x ≥ 0: x, else slope·x; the slope is input 1 and is repeated along extents of 1.
class IParametricReLULayer : public ILayer {};

/// Input 1, where set, is the output shape.
class IResizeLayer : public ILayer {
 public:
  virtual void setOutputDimensions(Dims const& outputDimensions) noexcept = 0;
  virtual Dims getOutputDimensions() const noexcept = 0;
  /// One factor per dimension; used where no output dimensions are set.
  virtual void setScales(float const* scales, int32_t nbScales) noexcept = 0;
  /// Number of scales, or −1 where none are set; writes up to `size` of them.
  virtual int32_t getScales(int32_t size, float* scales) const noexcept = 0;
  virtual void setResizeMode(InterpolationMode resizeMode) noexcept = 0;
  virtual InterpolationMode getResizeMode() const noexcept = 0;
  virtual void setCoordinateTransformation(ResizeCoordinateTransformation coordinateTransformation) noexcept = 0;
  virtual ResizeCoordinateTransformation getCoordinateTransformation() const noexcept = 0;
  virtual void setSelectorForSinglePixel(ResizeSelector selectorForSinglePixel) noexcept = 0;
  virtual ResizeSelector getSelectorForSinglePixel() const noexcept = 0;
  virtual void setNearestRounding(ResizeRoundMode nearestRounding) noexcept = 0;
  virtual ResizeRoundMode getNearestRounding() const noexcept = 0;
  /// Default −0.75.
  virtual void setCubicCoeff(float cubicCoeff) noexcept = 0;
  virtual float getCubicCoeff() const noexcept = 0;
  /// Weights of pixels outside count as 0 and the others are made to sum to 1.
  virtual void setExcludeOutside(bool excludeOutside) noexcept = 0;
  virtual bool getExcludeOutside() const noexcept = 0;
};

/// condition ? then : else, for inputs 0, 1, 2; extents of 1 are repeated.
class ISelectLayer : public ILayer {};

/// kLINSPACE: α + Σ βᵢ·i; kRANDOM_UNIFORM: in [α, β]; kRANDOM_NORMAL: mean α, deviation β. Inputs 0, 1 and 2, where
/// set, replace dimensions, α and β.
class IFillLayer : public ILayer {
 public:
  virtual void setDimensions(Dims const& dimensions) noexcept = 0;
  virtual Dims getDimensions() const noexcept = 0;
  virtual void setOperation(FillOperation operation) noexcept = 0;
  virtual FillOperation getOperation() const noexcept = 0;
  virtual void setAlpha(double alpha) noexcept = 0;
  virtual double getAlpha() const noexcept = 0;
  virtual void setBeta(double beta) noexcept = 0;
  virtual double getBeta() const noexcept = 0;
  virtual void setAlphaInt64(int64_t alphaInt64) noexcept = 0;
  virtual int64_t getAlphaInt64() const noexcept = 0;
  virtual void setBetaInt64(int64_t betaInt64) noexcept = 0;
  virtual int64_t getBetaInt64() const noexcept = 0;
  /// True where the last values set were integers.
  virtual bool isAlphaBetaInt64() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// clamp(round(x / scale) + zero point), rounding half to even.
/// Input 1 is the scale, input 2, where set, the zero point: scalars, or vectors along the axis.
class IQuantizeLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// (x − zero point)·scale.
/// Input 1 is the scale, input 2, where set, the zero point: scalars, or vectors along the axis.
class IDequantizeLayer : public ILayer {
 public:
  virtual void setAxis(int32_t axis) noexcept = 0;
  virtual int32_t getAxis() const noexcept = 0;
  virtual void setToType(DataType toType) noexcept = 0;
  virtual DataType getToType() const noexcept = 0;
};

/// (x − mean) / sqrt(variance + ε)·scale + bias, with mean and variance over the axes.
class INormalizationLayer : public ILayer {
 public:
  /// Default 1e-5.
  virtual void setEpsilon(float epsilon) noexcept = 0;
  virtual float getEpsilon() const noexcept = 0;
  /// Bit 1 << axis for each.
  virtual void setAxes(uint32_t axes) noexcept = 0;
  virtual uint32_t getAxes() const noexcept = 0;
  /// Groups of channels; 1 unless for group normalization.
  virtual void setNbGroups(int64_t groups) noexcept = 0;
  virtual int64_t getNbGroups() const noexcept = 0;
  /// Scale and bias have the shape of the normalized axes (true) or of the channels (false).
  virtual bool isV2() const noexcept = 0;
};

/// Input 1 is a constant vector of the axes to drop.
class ISqueezeLayer : public ILayer {};

/// Input 1 is a constant vector of the axes of extent 1 to insert, counted in the output.
class IUnsqueezeLayer : public ILayer {};

}  // namespace tenon
