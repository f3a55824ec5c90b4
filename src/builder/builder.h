// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/tensor_format.h"
#include "device/device.h"
#include "engine/plan.h"
#include "import/caffe/caffe.h"
#include "import/onnx/model.h"
#include "import/onnx/qdq_file.h"
#include "ir/precisions.h"
#include "tuning/text_compiler.h"
#include "tuning/timing_cache.h"

namespace tn {

/// Shapes of one input that a profile admits, and the one it is tuned for; the same for its elements where they are
/// extents (one vector element each, else empty).
struct ShapeBounds {
  Shape min, opt, max;
  std::vector<int64_t> min_values, opt_values, max_values;
};
/// By input name; inputs with fixed shapes need no entry.
using OptimizationProfile = std::map<std::string, ShapeBounds>;

/// What becomes of layers' precisions: ignored, followed where that is possible, or a failed build where it is not.
enum class PrecisionConstraints : uint8_t { None, Prefer, Obey };

enum class BuildBackend : uint8_t { Cpu, Cuda };

/// A program that gives samples to calibrate on.
class CalibrationProgram {
 public:
  virtual ~CalibrationProgram() = default;
  virtual int64_t batch() = 0;
  /// As quant/calibrator.h names them.
  virtual std::string calibrator() = 0;
  /// Text of a cache; empty if there is none.
  virtual std::string read_cache() = 0;
  virtual void write_cache(const std::string& text) = 0;
  /// The address of a batch for each input; false when there are no more.
  virtual bool next_batch(std::span<const std::string> inputs, std::span<const std::byte*> addresses) = 0;
};

/// How the accuracy of a rounded network is measured, on samples that it was not calibrated with.
enum class AccuracyMetric : uint8_t { Agreement, Top1, Sqnr };

/// What int8 may cost; layers that cost too much stay in floats.
struct AccuracyBudget {
  double most = 0;  ///< samples of another class than in floats, or fewer right ones, in percent; of Sqnr the least dB
  AccuracyMetric metric = AccuracyMetric::Agreement;
  std::string data;  ///< folder of samples; empty: what of the calibration's is held out
};

/// Tensors that are to be stored as integers of 8 bits, by name, and the layers that ask for it.
using Int8Results = std::map<std::string, std::set<std::string>>;

/// Where the ranges for int8 come from: a program, a cache that exists, else samples, else nowhere.
struct CalibrationConfig {
  std::string data;             ///< folder of images (dataset/sample_files.h)
  int64_t images = 512;         ///< files of it at most
  uint64_t seed = 0;            ///< shuffles them, if not 0
  int64_t batch = 1;            ///< samples of one run, where the network takes any number
  std::string calibrator;       ///< as quant/calibrator.h names them, or "auto"; empty: mse, or what a cache has
  std::string cache;            ///< file; written if it is not there
  bool allow_unsigned = false;  ///< activations that are never negative may be u8
  int level = 0;                ///< of corrections (builder/correct.h)
  std::optional<AccuracyBudget> budget;
  CalibrationProgram* program = nullptr;
  std::map<std::string, float> ranges;  ///< of the user, by tensor name: magnitudes that 127 stands for
  std::set<std::string> borders;        ///< inputs and outputs in f32 that the caller has as int8, by their scale
};

/// Where the rounding of a build with int8 is written down as a network of ONNX; nowhere if `file` is empty.
struct QdqExport {
  std::string file;
  import::QdqProfile profile = import::QdqProfile::Native;
  std::string model;  ///< the file that the network was read from
};

struct BuilderConfig {
  std::vector<OptimizationProfile> profiles;
  BuildBackend backend = BuildBackend::Cpu;
  int device = 0;                    ///< number of the CUDA device
  Device* accelerator = nullptr;     ///< instead of that device, one that the caller has
  TextCompiler* compiler = nullptr;  ///< of kernel texts for the device, instead of NVRTC
  std::string architecture;   ///< "sm_90": another one than the device's, or "sm_80,sm_90": then nothing is measured
  std::string kernel_folder;  ///< keeps compiled kernels from build to build, if named
  bool tf32 = true;           ///< products of f32 on a CUDA device may round their operands to 10 bits
  bool cublaslt = true, cudnn = true;  ///< libraries whose tactics are candidates on a CUDA device, where they are here
  int threads = 0;                     ///< of one inference; 0 takes all usable cores
  bool fp16 = false, bf16 = false;
  PrecisionConstraints precision_constraints = PrecisionConstraints::None;
  Precisions precisions;                         ///< that nodes of the graph are to be held to
  std::vector<UnmetPrecision> unmet_precisions;  ///< asked for, and known to be impossible
  Int8Results int8_results;
  bool int8 = false;           ///< products may round their operands to 8 bits, by the ranges of `calibration`
  bool qdq_as_ranges = false;  ///< Quantize and Dequantize of the network are no more than such ranges
  CalibrationConfig calibration;
  QdqExport qdq_export;
  std::map<std::string, TensorFormat> formats;  ///< of inputs and outputs by name; the others are linear
  std::string preprocess;                       ///< stored in the engine
  uint8_t verbosity = 0;                        ///< of layer information, as the plan has it
  bool explain = false;                         ///< keep the selection report in the engine
  bool timing = true;                           ///< measure candidates; else the order of the tables decides
  int timing_repeats = 8;                       ///< measurements per candidate
  int most_tactics = 0;                         ///< candidates per layer; 0: all
  int most_variants = 0;                        ///< of each tactic that takes a layer; 0: all
  /// How long the best candidates of a device's layers are compared in the network; 0: not at all.
  double seconds_in_network = 8;
  bool fail_on_cache_miss = false;
  std::string preferred_tactic;  ///< where a tactic whose name begins so is a candidate, others are not
  std::set<std::string, std::less<>> disabled_passes;
  /// Edits of the graph, those that fit it to the backend included, to bisect a wrong result.
  int64_t max_patches = INT64_MAX;
  uint64_t workspace = UINT64_MAX;  ///< bytes that one layer may use while it runs
};

/// Follows a build, on the thread that builds. Phases follow one another: the graph, ranges of activations for int8,
/// types where narrow ones are to be weighed, loops over the batch where times are measured, tuning, comparisons in the
/// network of a device.
class BuildMonitor {
 public:
  virtual ~BuildMonitor() = default;
  /// `steps` is an estimate: a phase may take fewer, or more.
  virtual void start(const char* phase, int steps) noexcept = 0;
  /// False stops the build, which then throws Error(InvalidArgument).
  virtual bool step_done() noexcept = 0;
  virtual void finish() noexcept = 0;
};

/// How many phases a build has.
int phases_of(const BuilderConfig& config);

/// What a build gives besides the engine.
struct BuildReport {
  std::string explanation;  ///< every candidate of every layer: chosen, time, or the reason why not
  size_t measured = 0;      ///< candidates that the timing cache did not know
  std::string passes;       ///< one line per pass: patches and time
  std::string graph;        ///< text of the optimized graph
};

/// Turns a network into the bytes of an engine for this machine's processor or a CUDA device. Throws Error; the message
/// names what is wrong with the network, a profile or a limit. `cache` is read and added to.
std::vector<std::byte> build_engine(Graph graph, const BuilderConfig& config, Logger& logger, TimingCache& cache,
                                    BuildReport* report = nullptr, BuildMonitor* monitor = nullptr);

/// Reads an ONNX file with all operators of the house. Inputs in `known` become constants.
Graph read_onnx(const std::string& path, const import::KnownInputs& known = {});
/// The same for a network of Caffe (import/caffe/caffe.h); an empty `model` path stands for random weights.
import::CaffeNetwork read_caffe(const std::string& deploy, const std::string& model,
                                const import::CaffeOptions& options = {});
import::CaffeNetwork read_caffe(std::span<const std::byte> deploy, std::optional<std::span<const std::byte>> model,
                                const import::CaffeOptions& options = {});

}  // namespace tn
