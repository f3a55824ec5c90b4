// SPDX-License-Identifier: Apache-2.0
// From a network to an engine. Only in libtenon.
#pragma once

#include "tenon/calibrator.h"
#include "tenon/device.h"
#include "tenon/network.h"

namespace tenon {

/// What the builder may do, with TensorRT 10.16's numbers; flags that Tenon does not know yet are left out.
enum class BuilderFlag : int32_t {
  kFP16 = 0,   ///< half precision where it is faster
  kINT8 = 1,   ///< products of 8 bits, by ranges of calibration
  kDEBUG = 2,  ///< checks the network after every pass
  kDISABLE_TIMING_CACHE = 5,
  kTF32 = 6,                           ///< on by default; without meaning on the CPU
  kOBEY_PRECISION_CONSTRAINTS = 9,     ///< the build fails where a layer cannot have its precision or output types
  kPREFER_PRECISION_CONSTRAINTS = 10,  ///< it warns there, and goes on without
  kREJECT_EMPTY_ALGORITHMS = 12,       ///< accepted; without meaning
  kERROR_ON_TIMING_CACHE_MISS = 16,
  kBF16 = 17,           ///< bfloat16 where it is faster
  kQDQ_AS_RANGES = 30,  ///< Tenon's own: Quantize and Dequantize of the network permit kINT8, they do not ask for it
  kEXPLAIN = 31,        ///< Tenon's own: keep the selection report in the engine
};
using BuilderFlags = uint32_t;  ///< bit 1 << flag for each

/// Where implementations for a GPU come from beside Tenon's own kernels, with TensorRT's numbers. Those that stand for
/// none of its libraries are accepted and mean nothing.
enum class TacticSource : int32_t {
  kCUBLAS = 0,  ///< without meaning
  kCUBLAS_LT = 1,
  kCUDNN = 2,
  kEDGE_MASK_CONVOLUTIONS = 3,  ///< without meaning
  kJIT_CONVOLUTIONS = 4,        ///< without meaning
};
using TacticSources = uint32_t;  ///< bit 1 << source for each

enum class MemoryPoolType : int32_t {
  kWORKSPACE = 0,  ///< scratch that one layer may use while running
};

/// Who reads a network of ONNX with Q/DQ (IBuilderConfig::setQdqExport).
enum class QdqProfile : int32_t {
  kNATIVE = 0,   ///< the numbers as they are: s8 and u8, weights as integers
  kTRT = 1,      ///< TensorRT: s8 without zero points, weights as floats behind Q and DQ
  kORT_CPU = 2,  ///< ONNX Runtime on processors: u8 activations, biases of 32 bits
};

/// Bounds of the dynamic inputs: min ≤ opt ≤ max in every dimension. The engine is tuned for opt.
class IOptimizationProfile : public INoCopy {
 public:
  /// False for a negative extent or too many dimensions; what depends on the network is checked at the build.
  virtual bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept = 0;
  virtual Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept = 0;
  /// Bounds of the values of a shape input.
  virtual bool setShapeValuesV2(char const* inputName, OptProfileSelector select, int64_t const* values,
                                int32_t nbValues) noexcept = 0;
  virtual int64_t const* getShapeValuesV2(char const* inputName, OptProfileSelector select) const noexcept = 0;
  /// −1 where none are set.
  virtual int32_t getNbShapeValues(char const* inputName) const noexcept = 0;
  /// Whether every input named has min, opt and max, in order.
  virtual bool isValid() const noexcept = 0;
};

/// Measured times of implementations, kept between builds.
class ITimingCache : public INoCopy {
 public:
  virtual IHostMemory* serialize() const noexcept = 0;
  /// Adds the entries of another cache; an entry that both have stays as it is. With `ignoreMismatch` entries of
  /// another device are taken too (they are never used here); else they are a reason to return false.
  virtual bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept = 0;
  virtual bool reset() noexcept = 0;
  // ---- Tenon's own ----
  virtual int64_t getNbEntries() const noexcept = 0;
};

/// Everything that steers a build.
class IBuilderConfig : public INoCopy {
 public:
  virtual void setFlags(BuilderFlags builderFlags) noexcept = 0;
  virtual BuilderFlags getFlags() const noexcept = 0;
  virtual void setFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual void clearFlag(BuilderFlag builderFlag) noexcept = 0;
  virtual bool getFlag(BuilderFlag builderFlag) const noexcept = 0;

  /// Runs over which a time is averaged; default 1.
  virtual void setAvgTimingIterations(int32_t avgTiming) noexcept = 0;
  virtual int32_t getAvgTimingIterations() const noexcept = 0;
  /// 0 (take the first implementation, time nothing) … 5 (time everything); default 3.
  virtual void setBuilderOptimizationLevel(int32_t level) noexcept = 0;
  virtual int32_t getBuilderOptimizationLevel() const noexcept = 0;
  /// Implementations timed per layer at most; −1 lets the level decide.
  virtual void setMaxNbTactics(int32_t maxNbTactics) noexcept = 0;
  virtual int32_t getMaxNbTactics() const noexcept = 0;
  /// In bytes.
  virtual void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept = 0;
  virtual std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept = 0;
  /// Libraries whose implementations are candidates where they are installed; an engine that takes one needs it. All
  /// by default. False for an unknown bit.
  virtual bool setTacticSources(TacticSources tacticSources) noexcept = 0;
  virtual TacticSources getTacticSources() const noexcept = 0;
  virtual void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept = 0;
  virtual ProfilingVerbosity getProfilingVerbosity() const noexcept = 0;

  /// The index of the profile, from 0; −1 if it is not valid. The profile stays the builder's.
  virtual int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept = 0;
  virtual int32_t getNbOptimizationProfiles() const noexcept = 0;

  /// A new cache from serialized bytes, or an empty one for size 0. nullptr, with a warning, if they
  /// are damaged.
  virtual ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept = 0;
  /// The cache to read and extend; it must outlive the builds. False if it is of another device, unless ignored.
  virtual bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept = 0;
  virtual ITimingCache const* getTimingCache() const noexcept = 0;

  /// For kINT8: gives the data to calibrate on. It must outlive the builds; nullptr: none.
  virtual void setInt8Calibrator(IInt8Calibrator* calibrator) noexcept = 0;
  virtual IInt8Calibrator* getInt8Calibrator() const noexcept = 0;

  virtual void setProgressMonitor(IProgressMonitor* monitor) noexcept = 0;
  virtual IProgressMonitor* getProgressMonitor() const noexcept = 0;
  /// Back to the defaults.
  virtual void reset() noexcept = 0;

  // ---- Tenon's own ----
  /// False if there is no such device here.
  virtual bool setBackend(Backend backend) noexcept = 0;
  virtual Backend getBackend() const noexcept = 0;
  /// The GPU (from 0, the default) that is built for. False if the number is negative.
  virtual bool setDevice(int32_t index) noexcept = 0;
  virtual int32_t getDevice() const noexcept = 0;
  /// Builds for GPUs of this architecture ("sm_90"), which need not be here: then nothing is measured. A list
  /// ("sm_80,sm_90") gives an engine that runs on any of them. nullptr or "" (the default): that of the device.
  virtual void setTargetArchitecture(char const* architecture) noexcept = 0;
  virtual char const* getTargetArchitecture() const noexcept = 0;
  /// A folder, made if need be, in which kernels compiled for GPUs are kept from build to build; nullptr or "": none.
  virtual void setKernelCachePath(char const* path) noexcept = 0;
  virtual char const* getKernelCachePath() const noexcept = 0;
  /// Threads that the engine is tuned for; 0 (default) takes one per physical core. Another count at run time works.
  virtual bool setCpuThreads(int32_t cpuThreads) noexcept = 0;
  virtual int32_t getCpuThreads() const noexcept = 0;
  /// The preprocessing (image.h) to store in the engine. False if the text does not parse.
  virtual bool setPreprocess(char const* text) noexcept = 0;
  virtual char const* getPreprocess() const noexcept = 0;
  /// Leaves an optional pass out. False for an unknown name.
  virtual bool disablePass(char const* passName) noexcept = 0;
  /// Stops rewriting after so many changes to the graph, to find the one that breaks a network; −1 (default): no limit.
  virtual void setMaxPatches(int64_t maxPatches) noexcept = 0;
  virtual int64_t getMaxPatches() const noexcept = 0;
  /// For kINT8: ranges of activations are calibrated on at most `most` of the samples (images, .npy, .npz, raw .bin)
  /// below this folder, which a seed other than 0 shuffles. nullptr or "": no folder. False if `most` is below 1.
  virtual bool setCalibrationData(char const* folder, int32_t most, uint64_t seed) noexcept = 0;
  virtual char const* getCalibrationData() const noexcept = 0;
  /// Samples of one run where the network takes any number; default 1. Ranges do not depend on it. False below 1.
  virtual bool setCalibrationBatchSize(int32_t batchSize) noexcept = 0;
  virtual int32_t getCalibrationBatchSize() const noexcept = 0;
  /// How ranges follow from what was seen: "mse" (default), "entropy2", "entropy", "minmax", "percentile=99.99",
  /// "legacy=0.9999:1", or "auto", which tries them on samples of the end. nullptr or "": the default, or what a cache
  /// has. False if the text does not parse.
  virtual bool setCalibrator(char const* text) noexcept = 0;
  virtual char const* getCalibrator() const noexcept = 0;
  /// Whether activations that are never negative may be u8, which has one bit more for them; default false, as
  /// TensorRT has it.
  virtual void setCalibrationUnsigned(bool allow) noexcept = 0;
  virtual bool getCalibrationUnsigned() const noexcept = 0;
  /// With calibration data: changes weights and biases so that rounding loses less, each change only where outputs on
  /// samples that were held out come closer. 0 (default): nothing; 1: bias correction and cross-layer equalization; 2:
  /// weights are rounded by what they are multiplied with, too. False for another level.
  virtual bool setQuantizationLevel(int32_t level) noexcept = 0;
  virtual int32_t getQuantizationLevel() const noexcept = 0;
  /// With calibration data: leaves those layers in floats that cost most accuracy, until what is lost on held-out
  /// samples, or on those below `folder`, is at most `most`. Metrics: "agreement" (samples of another class than in
  /// floats, in percent), "top1" (fewer right ones, in percent; folders are classes), "sqnr" (`most` is the least
  /// signal over noise of the outputs, in dB). A negative `most`: no budget. False for an unknown metric.
  virtual bool setAccuracyBudget(double most, char const* metric, char const* folder) noexcept = 0;
  virtual double getAccuracyBudget() const noexcept = 0;
  /// A file with ranges of a calibration, of TensorRT or Tenon: read if it exists, else written; also those that Q/DQ
  /// in a network says. nullptr or "": none.
  virtual void setCalibrationCache(char const* path) noexcept = 0;
  virtual char const* getCalibrationCache() const noexcept = 0;
  /// For kINT8: writes the network with the rounding that the ranges mean to this file, as Q/DQ in the ONNX file that
  /// it was parsed from. nullptr or "": no file. False for a profile that there is not.
  virtual bool setQdqExport(char const* path, QdqProfile profile) noexcept = 0;
  virtual char const* getQdqExport() const noexcept = 0;
  /// Writes the text of the graph as the passes left it to this file during the build; nullptr: no file.
  virtual void setGraphExportPath(char const* path) noexcept = 0;
  virtual char const* getGraphExportPath() const noexcept = 0;
};

/// Makes networks, configurations and engines.
class IBuilder : public INoCopy {
 public:
  virtual INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept = 0;
  virtual IBuilderConfig* createBuilderConfig() noexcept = 0;
  /// Belongs to the builder.
  virtual IOptimizationProfile* createOptimizationProfile() noexcept = 0;
  /// The plan, to be saved or given to IRuntime. nullptr if the network is not valid or the build was stopped.
  virtual IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept = 0;
  /// Whether a build would find everything it needs; the logger has what is missing.
  virtual bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept = 0;
  /// Host threads that a build may use.
  virtual bool setMaxThreads(int32_t maxThreads) noexcept = 0;
  virtual int32_t getMaxThreads() const noexcept = 0;
  virtual ILogger* getLogger() const noexcept = 0;
};

TENON_API IBuilder* createInferBuilder(ILogger& logger) noexcept;

}  // namespace tenon
