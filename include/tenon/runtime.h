// SPDX-License-Identifier: Apache-2.0
// Loading and running engines. Everything here is in libtenon_runtime, which holds no compiler, and in libtenon.
#pragma once

#include "tenon/device.h"
#include "tenon/interfaces.h"

namespace tenon {

class IExecutionContext;
class IEngineInspector;

enum class ExecutionContextAllocationStrategy : int32_t {
  kSTATIC = 0,             ///< memory for the largest profile, taken when the context is made
  kON_PROFILE_CHANGE = 1,  ///< memory for the profile in use, taken when it is set
  kUSER_MANAGED = 2,       ///< memory that the program gives by setDeviceMemoryV2()
};

enum class EngineStat : int32_t {
  kTOTAL_WEIGHTS_SIZE = 0,
  kSTRIPPED_WEIGHTS_SIZE = 1,
};

/// A loaded network, immutable. All methods may be called from several threads at once.
class ICudaEngine : public INoCopy {
 public:
  /// Dimensions as built: −1 where a profile decides. {−1, …} for an unknown name; the same holds below.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  virtual DataType getTensorDataType(char const* tensorName) const noexcept = 0;
  /// On a GPU tensors that hold shapes are kHOST, all others kDEVICE; on the CPU all are kDEVICE.
  virtual TensorLocation getTensorLocation(char const* tensorName) const noexcept = 0;
  /// True for a tensor whose values other shapes depend on, or that holds a shape.
  virtual bool isShapeInferenceIO(char const* tensorName) const noexcept = 0;
  /// kNONE for an unknown name.
  virtual TensorIOMode getTensorIOMode(char const* tensorName) const noexcept = 0;
  virtual TensorFormat getTensorFormat(char const* tensorName) const noexcept = 0;
  virtual TensorFormat getTensorFormat(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// The format in words, e.g. "Row major linear FP32".
  virtual char const* getTensorFormatDesc(char const* tensorName) const noexcept = 0;
  virtual char const* getTensorFormatDesc(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Bytes of one component of a vectored format, −1 for a linear one.
  virtual int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept = 0;
  virtual int32_t getTensorBytesPerComponent(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// Vector length of a vectored format, −1 for a linear one.
  virtual int32_t getTensorComponentsPerElement(char const* tensorName) const noexcept = 0;
  virtual int32_t getTensorComponentsPerElement(char const* tensorName, int32_t profileIndex) const noexcept = 0;
  /// The dimension that is vectored, −1 for a linear format.
  virtual int32_t getTensorVectorizedDim(char const* tensorName) const noexcept = 0;
  virtual int32_t getTensorVectorizedDim(char const* tensorName, int32_t profileIndex) const noexcept = 0;

  virtual int32_t getNbLayers() const noexcept = 0;
  virtual char const* getName() const noexcept = 0;
  virtual int32_t getNbIOTensors() const noexcept = 0;
  /// Inputs first, in network order; nullptr beyond the end.
  virtual char const* getIOTensorName(int32_t index) const noexcept = 0;

  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;
  /// Bounds of an input; nbDims −1 for an output, an unknown name or profile.
  virtual Dims getProfileShape(char const* tensorName, int32_t profileIndex,
                               OptProfileSelector select) const noexcept = 0;
  /// Bounds of the values of a shape input, as many as it has elements; nullptr for any other tensor.
  virtual int64_t const* getProfileTensorValuesV2(char const* tensorName, int32_t profileIndex,
                                                  OptProfileSelector select) const noexcept = 0;
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;

  /// Bytes of the weights, where the engine computes; −1 for what is not known.
  virtual int64_t getEngineStat(EngineStat stat) const noexcept = 0;
  /// Bytes of scratch that a context needs, over all profiles or for one.
  virtual int64_t getDeviceMemorySizeV2() const noexcept = 0;
  virtual int64_t getDeviceMemorySizeForProfileV2(int32_t profileIndex) const noexcept = 0;

  /// Contexts of one engine run side by side and share its weights. The first context starts in profile 0.
  virtual IExecutionContext* createExecutionContext(
      ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept = 0;
  virtual IEngineInspector* createEngineInspector() const noexcept = 0;
  /// The plan again, byte for byte.
  virtual IHostMemory* serialize() const noexcept = 0;

  // ---- Tenon's own ----
  virtual Backend getBackend() const noexcept = 0;
  /// The selection report: per layer every implementation considered, chosen, timed or declined and why. Empty where
  /// the engine was built without BuilderFlag::kEXPLAIN.
  virtual char const* getExplanation() const noexcept = 0;
  /// One line: which share of the layers runs in which precision and, where a lower precision was allowed but won
  /// nothing, why.
  virtual char const* getPrecisionSummary() const noexcept = 0;
  /// The preprocessing stored at build (see image.h), empty if none was.
  virtual char const* getPreprocess() const noexcept = 0;
};

/// The state of one thread of use: shapes, addresses, scratch memory. Nothing is allocated after creation.
class IExecutionContext : public INoCopy {
 public:
  virtual ICudaEngine const& getEngine() const noexcept = 0;
  virtual void setName(char const* name) noexcept = 0;
  virtual char const* getName() const noexcept = 0;

  /// False outside [0, getNbOptimizationProfiles()). Input shapes must be set again afterwards.
  virtual bool setOptimizationProfileAsync(int32_t profileIndex, Stream stream) noexcept = 0;
  virtual int32_t getOptimizationProfile() const noexcept = 0;

  /// False, with a message that names the bounds, for a shape outside the profile. Inputs without −1 may be left alone.
  virtual bool setInputShape(char const* tensorName, Dims const& dims) noexcept = 0;
  /// The shape for the present inputs; −1 where it cannot be known before the run, nbDims −1 where inputs are not set.
  virtual Dims getTensorShape(char const* tensorName) const noexcept = 0;
  /// In elements, outermost first.
  virtual Dims getTensorStrides(char const* tensorName) const noexcept = 0;
  virtual bool allInputDimensionsSpecified() const noexcept = 0;
  /// Number of inputs still without a shape (0: ready), or −1 on failure. Writes up to nbMaxNames of their names.
  virtual int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept = 0;
  /// Upper bound in bytes, for outputs whose shape depends on data; −1 on failure.
  virtual int64_t getMaxOutputSize(char const* tensorName) const noexcept = 0;

  /// Host pointers on the CPU and for tensors of TensorLocation::kHOST, else the device's. Aligned to the element's
  /// size (64 bytes are fastest), on a GPU to 16 bytes; the memory stays the caller's. Needed for every I/O tensor.
  virtual bool setTensorAddress(char const* tensorName, void* data) noexcept = 0;
  virtual bool setInputTensorAddress(char const* tensorName, void const* data) noexcept = 0;
  virtual bool setOutputTensorAddress(char const* tensorName, void* data) noexcept = 0;
  virtual void const* getTensorAddress(char const* tensorName) const noexcept = 0;
  virtual void* getOutputTensorAddress(char const* tensorName) const noexcept = 0;

  /// Memory for the activations of a context made with kUSER_MANAGED: of the device that the engine runs on, 64-byte
  /// aligned, at least getDeviceMemorySizeForProfileV2() bytes. It stays the caller's; contexts that never run at the
  /// same time may share it. Not while a run is under way.
  virtual void setDeviceMemoryV2(void* memory, int64_t size) noexcept = 0;

  /// With true, a run on a GPU waits after each layer: slow, but a failure names the layer.
  virtual void setDebugSync(bool sync) noexcept = 0;
  virtual bool getDebugSync() const noexcept = 0;

  /// Puts one run on the stream and returns at once, or after the run for a null stream. The context, its shapes and
  /// its addresses may be changed again when the run is done.
  virtual bool enqueueV3(Stream stream) noexcept = 0;
  /// One run with one address per I/O tensor, in the order of getIOTensorName; returns when it is done.
  virtual bool executeV2(void* const* bindings) noexcept = 0;

  /// Layer times are reported to `profiler` (nullptr: to nobody) after every run.
  virtual void setProfiler(IProfiler* profiler) noexcept = 0;
  virtual IProfiler* getProfiler() const noexcept = 0;
  /// With false, runs are timed but reported only by reportToProfiler().
  virtual void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept = 0;
  virtual bool getEnqueueEmitsProfile() const noexcept = 0;
  virtual bool reportToProfiler() const noexcept = 0;

  // ---- Tenon's own ----
  /// Threads used where the stream is null; 0 takes one per physical core. For other runs the stream decides.
  virtual bool setCpuThreads(int32_t cpuThreads) noexcept = 0;
  virtual int32_t getCpuThreads() const noexcept = 0;
};

/// Describes an engine's layers, and with a context also its present shapes.
class IEngineInspector : public INoCopy {
 public:
  virtual bool setExecutionContext(IExecutionContext const* context) noexcept = 0;
  virtual IExecutionContext const* getExecutionContext() const noexcept = 0;
  /// One layer, or the whole engine as {"Layers": […], "Bindings": […]}. Valid until the next call. How much is told
  /// depends on the ProfilingVerbosity of the build.
  virtual char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept = 0;
  virtual char const* getEngineInformation(LayerInformationFormat format) const noexcept = 0;
};

/// Loads engines.
class IRuntime : public INoCopy {
 public:
  /// The bytes are checked before use and copied. nullptr for a damaged or foreign plan, or one whose needs this
  /// machine does not meet.
  virtual ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept = 0;
  virtual ILogger* getLogger() const noexcept = 0;

  // ---- Tenon's own ----
  /// Maps the file instead of copying its weights. The file must not be changed while the engine lives (replacing it by
  /// rename is fine).
  virtual ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept = 0;
  /// The GPU (from 0, the default) that engines for GPUs are loaded on from now on. False if the number is negative.
  virtual bool setDevice(int32_t index) noexcept = 0;
  virtual int32_t getDevice() const noexcept = 0;
};

TENON_API IRuntime* createInferRuntime(ILogger& logger) noexcept;

/// The version of Tenon that wrote a plan, read from the first bytes only (64 are enough). False if it is no plan.
TENON_API bool getPlanVersion(void const* blob, std::size_t size, int32_t& major, int32_t& minor,
                              int32_t& patch) noexcept;

}  // namespace tenon
