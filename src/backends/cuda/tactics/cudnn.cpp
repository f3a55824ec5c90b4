// SPDX-License-Identifier: Apache-2.0
// Convolutions by cuDNN with bias, residual and activation, for shapes that do not vary.
#include <algorithm>
#include <map>

#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/device/libraries/cudnn_conv.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/library_epilogue.h"
#include "backends/cuda/tactics/product_region.h"
#include "base/error.h"
#include "base/fields.h"
#include "base/hash.h"
#include "base/stored_float.h"
#include "ops/conv/conv.h"
#include "tuning/tactic.h"
#include "tuning/timing_cache.h"

namespace tn::cuda {
namespace {

constexpr int kWays = 3;  // of a region, to be timed
constexpr int64_t kWorkspace = 64 * 1024 * 1024;

const ops::Conv& op_of(const Region& region) {
  return dynamic_cast<const ops::Conv&>(*region.anchor);
}

/// The bias that the operator has, or the one that the expressions add.
int bias_of(const Region& region, const LibraryEpilogue& epilogue) {
  const bool own = region.anchor_inputs.size() > 2 && region.has_input(region.anchor_inputs[2]);
  return own ? region.anchor_inputs[2] : epilogue.bias;
}

std::optional<LibraryEpilogue> epilogue_of(const Region& region) {
  auto epilogue = match_library_epilogue(region, region.output_type(0).rank() - 1);
  const bool own = region.anchor_inputs.size() > 2 && region.has_input(region.anchor_inputs[2]);
  if (epilogue && own && epilogue->bias != kNone) return std::nullopt;
  return epilogue;
}

/// Numbers of extents or strides; nothing if one depends on a symbol that varies.
std::optional<std::vector<int64_t>> numbers(const Dims& dims, const SymbolRanges& ranges) {
  std::vector<int64_t> values;
  for (const Dim& dim : dims) {
    const DimRange range = range_of(dim, ranges);
    if (range.min != range.max) return std::nullopt;
    values.push_back(range.max);
  }
  return values;
}

/// Without an engine. Nothing if extents vary.
std::optional<ConvStep> step_of(const Region& region, const SymbolRanges& ranges, const Places& places) {
  const ops::Conv& op = op_of(region);
  const LibraryEpilogue epilogue = *epilogue_of(region);
  const int x = region.anchor_inputs[0];
  const auto dims = numbers(region.input_type(x).dims, ranges), strides = numbers(places.input(x).strides, ranges);
  const auto y = numbers(region.output_type(0).dims, ranges), y_strides = numbers(places.output(0).strides, ranges);
  if (!dims || !strides || !y || !y_strides) return std::nullopt;
  ConvStep step;
  step.type = region.input_type(x).type;
  step.result = region.output_type(0).type;
  step.x = *dims, step.x_strides = *strides;
  step.y = *y, step.y_strides = *y_strides;
  const Shape filter = *region.input_type(region.anchor_inputs[1]).static_shape();
  step.w.assign(filter.begin(), filter.end());
  const auto half = static_cast<std::ptrdiff_t>(op.pads.size() / 2);
  step.pads_before.assign(op.pads.begin(), op.pads.begin() + half);
  step.pads_after.assign(op.pads.begin() + half, op.pads.end());
  step.strides = op.strides, step.dilations = op.dilations;
  step.activation = epilogue.activation;
  step.has_bias = bias_of(region, epilogue) != kNone;
  step.alignment = std::min(alignment_of(places.input(x), step.type), alignment_of(places.output(0), step.result));
  if (epilogue.residual == kNone) return step;
  const auto residual = numbers(places.input(epilogue.residual).strides, ranges);
  if (!residual) return std::nullopt;
  step.has_residual = true;
  step.residual_strides = *residual;
  step.alignment = std::min(step.alignment, alignment_of(places.input(epilogue.residual), step.result));
  return step;
}

class CudnnTactic final : public Tactic {
 public:
  std::string_view name() const override { return "conv.cudnn"; }
  bool calls_library() const override { return true; }

  Support supports(const Region& region, const Target& target) const override {
    if (!dynamic_cast<const ops::Conv*>(region.anchor)) return Support::foreign();
    const TensorType& x = region.input_type(region.anchor_inputs[0]);
    const Tensor& filter = region.input(region.anchor_inputs[1]);
    if (!is_stored_float(x.type) || !is_stored_float(region.output_type(0).type))
      return Support::no("types other than f32, f16 and bf16");
    if (x.type == DataType::F32 && !target.device->allow_tf32) return Support::no("f32 without TF32");
    if (x.rank() != 4) return Support::no("other than two spatial axes");
    if (op_of(region).group != 1) return Support::no("groups");
    if (!filter.constant || !is_stored_float(filter.type.type)) return Support::no("the filter is not constant");
    const auto epilogue = epilogue_of(region);
    if (!epilogue) return Support::no("expressions that are not bias, residual and activation");
    if (const int bias = bias_of(region, *epilogue); bias != kNone && !region.input(bias).constant)
      return Support::no("the bias is not constant");
    const auto step = step_of(region, target.ranges, expected_places(region, Order::ChannelsLast));
    if (!step) return Support::no("extents that vary");
    if (!target.device->cudnn) return Support::no("cuDNN is not among the tactic sources");
    if (!target.device->device) return Support::no("the device is not here");
    try {
      if (!target.device->device->enter_for_libraries()) return Support::no("the device is not here");
      return count_ways(*step, target) == 0 ? Support::no("cuDNN has no engine for it") : Support{};
    } catch (const Error& error) {
      return Support::no(error.what());
    }
  }
  std::optional<Order> order(const Region&) const override { return Order::ChannelsLast; }

  /// "9.14.0 #1" is the second of what this version recommends and can do.
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    const auto step = step_of(region, target.ranges, expected_places(region, Order::ChannelsLast));
    std::vector<std::string> texts;
    const size_t count = count_ways(*step, target);
    for (size_t i = 0; i < count; ++i) texts.push_back(fmt::format("{} #{}", Cudnn::get().version(), i));
    return texts;
  }

  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    const LibraryEpilogue epilogue = *epilogue_of(region);
    const int x = region.anchor_inputs[0];
    std::map<int, int> placed = {{x, lowering.input(x, Need::ChannelsLast)}};
    if (epilogue.residual != kNone) placed[epilogue.residual] = lowering.input(epilogue.residual, Need::ChannelsLast);
    const int y = lowering.output(0, Need::ChannelsLast);
    const Places places{[&](int i) { return place_of(lowering.tensor(placed.at(i))); },
                        [&](int) { return place_of(lowering.tensor(y)); }};
    auto step = step_of(region, lowering.target().ranges, places);
    const auto ways = step ? ways_of(*step, lowering.target()) : std::vector<CudnnConv::Way>{};
    if (ways.empty()) throw Error(ErrorCode::Unsupported, "'{}' lies in no way that cuDNN takes", region.node->name);
    const size_t index = std::stoul(config.substr(config.find('#') + 1));
    const CudnnConv::Way& way = ways[std::min(index, ways.size() - 1)];
    step->library = Cudnn::get().version();
    step->engine = way.engine;
    step->knob_types = way.knob_types, step->knob_values = way.knob_values;
    const Tensor& filter = region.input(region.anchor_inputs[1]);
    int64_t depth = 1;
    for (size_t axis = 1; axis < step->w.size(); ++axis) depth *= step->w[axis];
    const bool tf32 = step->type == DataType::F32;
    std::vector<int> inputs = {
        placed.at(x),
        lowering.packed_weights("filters", pack_columns(filter.constant->view(), step->type, depth, tf32),
                                {{filter.name}, fmt::format("cuda.filters:{}", name_of(step->type)), {}})};
    if (step->has_bias) inputs.push_back(place_bias(region, bias_of(region, epilogue), DataType::F32, lowering));
    if (step->has_residual) inputs.push_back(placed.at(epilogue.residual));
    lowering.add_step(std::string(kCudnnKernel), encode_fields(*step), inputs, {y},
                      static_cast<uint64_t>(way.workspace_bytes));
  }

 private:
  static size_t count_ways(const ConvStep& step, const Target& target) {
    TimingCache* const cache = target.device->cache;
    const auto encoded = encode_fields(step);
    const Hash key = hash_text(fmt::format("how many ways|{}|{}|{}|{}", Cudnn::get().version(), target.device->machine,
                                           workspace_of(target), hash_bytes(encoded).hex()));
    if (cache) {
      if (const auto known = cache->find(key)) return static_cast<size_t>(*known);
    }
    const size_t count = ways_of(step, target).size();
    if (cache) cache->insert(key, static_cast<double>(count));
    return count;
  }

  static int64_t workspace_of(const Target& target) {
    return static_cast<int64_t>(std::min<uint64_t>(target.workspace, kWorkspace));
  }

  // Finding out takes a second or so, since the library compiles kernels; it is done once for each convolution.
  static std::vector<CudnnConv::Way> ways_of(const ConvStep& step, const Target& target) {
    return known_ways(step, *target.device->device, kWays, workspace_of(target));
  }
};

}  // namespace

const Tactic& conv_cudnn() {
  static const CudnnTactic tactic;
  return tactic;
}

}  // namespace tn::cuda
