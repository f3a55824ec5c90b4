// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exec/step_runner.h"
#include "tuning/profile_builder.h"
#include "tuning/region.h"
#include "tuning/text_compiler.h"

namespace tn {

/// Memory order of a tensor's axes. ChannelsLast is N, spatial axes, C (NHWC) for tensors of rank 3 and more.
enum class Order : uint8_t { RowMajor, ChannelsLast };

/// What a kernel asks of an operand's memory.
enum class Need : uint8_t {
  Any,           ///< any strides
  UnitInner,     ///< the last axis has stride 1
  RowMajor,      ///< row-major without gaps
  ChannelsLast,  ///< axis 1 has stride 1
};

class TimingCache;

/// What is built for where it is not this machine's processor: a device with memory of its own.
struct DeviceTarget {
  std::string architecture;             ///< "sm_90"
  std::string machine;                  ///< what times depend on: the device, its driver and compiler
  Device* device = nullptr;             ///< null: it is not here, nothing can be measured
  KernelFinder host_kernels = nullptr;  ///< of steps that run on the host
  TextCompiler* compiler = nullptr;     ///< of kernel texts
  bool allow_tf32 = true;               ///< products of f32 may round their operands to 10 bits
  uint32_t most_shared = 227 * 1024;    ///< bytes of shared memory that a block may have
  bool cublaslt = true, cudnn = true;   ///< libraries that tactics may call
  TimingCache* cache = nullptr;         ///< keeps what takes a library long to say; null: nothing does
  /// A step that copies between two placed tensors of the device, whatever their strides and types.
  StepDraft (*copy)(const DeviceTarget& target, ProfileBuilder& builder, int from, int to) = nullptr;
};

/// What is built for, and within which limits.
struct Target {
  uint32_t features = 0;  ///< CpuFeature bits that kernels may use
  int threads = 1;
  bool allow_fp16 = false, allow_bf16 = false;
  uint64_t workspace = UINT64_MAX;       ///< bytes that one step may use while it runs
  SymbolRanges ranges;                   ///< of the profile; a tactic must hold for all of them
  const DeviceTarget* device = nullptr;  ///< null: this machine's processor
};

struct Support {
  bool yes = true;
  std::string reason;
  static Support no(std::string why) { return {false, std::move(why)}; }
  /// Another operator than the tactic is for: nothing worth telling.
  static Support foreign() { return {false, ""}; }
  explicit operator bool() const { return yes; }
};

/// How a node repeats its body, by numbers of its inputs and outputs. The body takes the iteration's number and the
/// condition (if it `counts`), the states, one slice of each scanned input, and all further inputs of the node; it
/// gives the next condition (if it counts), the next states, and slices of the stacked outputs.
struct LoopForm {
  struct Slices {
    size_t axis;
    bool backwards;
  };
  bool counts = false;
  int trips = -1, condition = -1;  ///< inputs of the node; absent: no limit, true
  std::optional<Dim> length;       ///< number of iterations, where it is an extent
  int first_state = 0;             ///< among the inputs; outputs begin with the states
  int states = 0;
  std::vector<Slices> scanned, stacked;
};

class RegionLowering;

/// One way of running regions on a device. Stateless; listed in an explicit, ordered table per backend.
class Tactic {
 public:
  virtual ~Tactic() = default;
  virtual std::string_view name() const = 0;
  /// Yes, or why not. Looks at the whole range of shapes.
  virtual Support supports(const Region& region, const Target& target) const = 0;
  /// Whether it may be asked for regions whose anchor reads quantized operands (Region::anchor_loads). What it says of
  /// them must not depend on the numbers in their expressions, which signatures leave out.
  virtual bool takes_quantized() const { return false; }
  /// The same of regions that give moments of rows (Region::moments).
  virtual bool gives_moments() const { return false; }
  /// The order in which it wants its main operand and gives its result; nothing if it follows its operands.
  virtual std::optional<Order> order(const Region&) const { return std::nullopt; }
  /// Where its steps run; lowering puts their operands there. Nothing if it has none: it takes operands where they are.
  virtual std::optional<Space> space() const { return Space::Device; }
  /// Variants to be timed, the best guess first. Texts of the tactic's own.
  virtual std::vector<std::string> configs(const Region&, const Target&) const { return {""}; }
  /// Whether choosing it is worth timing (views and references are not).
  virtual bool timed() const { return true; }
  /// Whether its steps call a library, so that an engine needs it. Chosen only if clearly faster than what does not.
  virtual bool calls_library() const { return false; }
  /// Adds the steps that compute the region's outputs.
  virtual void lower(const Region& region, const std::string& config, RegionLowering& lowering) const = 0;
};

/// What a tactic adds its steps through: the region's operands as placed tensors, and temporaries.
class RegionLowering {
 public:
  virtual ~RegionLowering() = default;
  virtual const Target& target() const = 0;
  /// A region input that satisfies `need`; a copy is added if the tensor does not. kNone for an absent one.
  virtual int input(int index, Need need = Need::Any) = 0;
  /// Where to write a region output. If the place it has does not satisfy `need`, a temporary that is copied there.
  virtual int output(int index, Need need = Need::Any) = 0;
  /// Makes an output another window on memory that is already written, instead of output().
  virtual void alias_output(int index, int tensor, Dims strides, Dim offset) = 0;
  virtual const PlacedTensor& tensor(int id) const = 0;
  /// A tensor at the profile's largest shapes, without data.
  virtual TensorView largest_view(int id) const = 0;
  virtual int temporary(std::string_view suffix, TensorType type) = 0;
  /// Bytes made at build time, read by a step as a tensor u8[n].
  virtual int packed_weights(std::string_view suffix, std::span<const std::byte> bytes, WeightStore::Recipe recipe) = 0;
  /// The same, read by the host only.
  virtual int host_bytes(std::string_view suffix, std::span<const std::byte> bytes, WeightStore::Recipe recipe) = 0;
  /// Constant data as a dense tensor.
  virtual int constant(const Constant& data, std::string_view source) = 0;
  /// A host-side int64 tensor that the shape program computes.
  virtual int shape_value(const Dims& values, bool scalar) = 0;
  /// Output `index` is the region's inputs one after another along `axis`: those that were not produced in place are
  /// copied there.
  virtual void join(int index, size_t axis) = 0;
  /// The region's node chooses between its two bodies by input 0; the other inputs are what the bodies read.
  virtual void add_branch() = 0;
  /// The region's node repeats its body.
  virtual void add_loop(const LoopForm& form) = 0;
  /// The region's node runs its body for every image of its first `sliced` inputs.
  virtual void add_batch_loop(int sliced) = 0;
  /// Adds a step named after the region.
  virtual void add_step(std::string kernel, std::vector<std::byte> parameters, std::vector<int> inputs,
                        std::vector<int> outputs, uint64_t workspace = 0, std::vector<std::string> defines = {}) = 0;
};

/// What a tactic says of any region.
inline Support support_of(const Tactic& tactic, const Region& region, const Target& target) {
  if (region.moments > 0 && !tactic.gives_moments()) return Support::no("moments of rows");
  return region.loads_quantized() && !tactic.takes_quantized() ? Support::foreign() : tactic.supports(region, target);
}

/// A device as the tuner sees it.
struct Backend {
  std::string_view name;
  std::span<const Tactic* const> tactics;  ///< in order of preference, complete: the last ones take everything
  KernelFinder kernels;
};

}  // namespace tn
