// SPDX-License-Identifier: Apache-2.0
// Convolutions on tensor cores, one filter per channel, one multiplication at a time, and transposed ones.
#include "ops/conv/conv.h"

#include <algorithm>

#include "backends/cuda/codegen/index_text.h"
#include "backends/cuda/codegen/product/pack.h"
#include "backends/cuda/codegen/product/stem.h"
#include "backends/cuda/codegen/product/tiles.h"
#include "backends/cuda/tactics/launch.h"
#include "backends/cuda/tactics/quantized_region.h"
#include "base/stored_float.h"
#include "ops/conv/conv_transpose.h"
#include "tuning/tactic.h"

namespace tn::cuda {
namespace {

const ops::ConvAttributes& attributes_of(const Region& region) {
  if (const auto* conv = dynamic_cast<const ops::Conv*>(region.anchor)) return *conv;
  return dynamic_cast<const ops::ConvTranspose&>(*region.anchor);
}

int bias_of(const Region& region) {
  return region.anchor_inputs.size() > 2 ? region.anchor_inputs[2] : kNone;
}

QuantizedRegion quantized(const Region& region) {
  return {region, 0, region.output_type(0).rank() - 1};
}

/// Region inputs that the epilogue reads, in the order of its inputs.
std::vector<int> further_inputs(const Region& region) {
  return region.loads_quantized() ? quantized(region).inputs() : epilogue_inputs(region, bias_of(region));
}

Shape filter_dims(const Region& region) {
  return *region.input_type(region.anchor_inputs[1]).static_shape();
}

Window window_of(const Region& region) {
  const ops::ConvAttributes& conv = attributes_of(region);
  const Shape filter = filter_dims(region);
  const Dims& in = region.input_type(region.anchor_inputs[0]).dims;
  Window window;
  window.transposed = dynamic_cast<const ops::ConvTranspose*>(region.anchor) != nullptr;
  const size_t spatial = conv.strides.size();
  for (size_t i = 0; i < spatial; ++i) {
    const size_t axis = 3 - spatial + i;
    window.kernel[axis] = filter[static_cast<int>(i) + 2];
    window.stride[axis] = conv.strides[i];
    window.dilation[axis] = conv.dilations[i];
    window.pad[axis] = conv.pads[i];
    window.in[axis] = in[i + 2];
  }
  return window;
}

/// Patches that do not overlap: where a step along W is as long as the window and pixels lie side by side, those under
/// one window are one pixel of as many more channels. Packed filters have them in this order anyway.
void join_pixels(Product& product) {
  Window& window = product.window;
  const auto channels = product.channels.constant(), in = window.in[2].constant(), out = product.rows[2].constant();
  const int64_t width = window.kernel[2];
  if (width == 1 || window.stride[2] != width || window.pad[2] != 0 || window.dilation[2] != 1) return;
  if (window.transposed || product.groups != 1 || !channels || !in || !out || *out * width > *in) return;
  if (!(product.a.points[2] == product.channels)) return;
  product.channels = product.a.points[2] = *channels * width;
  window.kernel[2] = window.stride[2] = 1;
  window.in[2] = *out;
}

/// The convolution with its operands where they lie.
Product product_of(const Region& region, const Target& target, const Places& places) {
  const int64_t groups = attributes_of(region).group;
  const TensorType& x = region.input_type(region.anchor_inputs[0]);
  const Dims& y = region.anchor_results[0].dims;
  const size_t spatial = y.size() - 2;
  Product product;
  product.most_shared = target.device->most_shared;
  product.type = x.type;
  product.tf32 = x.type == DataType::F32 && target.device->allow_tf32;
  product.images = y[0];
  product.groups = groups;
  product.columns = Dim::floor_div(y[1], groups);
  product.channels = Dim::floor_div(x.dims[1], groups);
  product.window = window_of(region);
  const Place place = places.input(region.anchor_inputs[0]);
  product.a.images = place.strides[0];
  product.a.alignment = known_divisor(place.offset, 16);
  if (!(x.dims[1] == Dim(1))) product.a.channel = place.strides[1];
  std::vector<size_t> axes = {0, 4};
  for (size_t i = 0; i < spatial; ++i) {
    product.rows[3 - spatial + i] = y[i + 2];
    product.a.points[3 - spatial + i] = place.strides[i + 2];
    axes.push_back(4 - spatial + i);
  }
  product.b.packed = true;
  join_pixels(product);
  if (region.loads_quantized())
    quantized(region).describe(product, places, axes, target.ranges);
  else
    set_epilogue(product, region, bias_of(region), places, axes, target.ranges);
  return product;
}

/// One filter per channel, with a window that the kernel for these takes.
bool is_depthwise(const Product& product) {
  const bool form = product.groups > 1 && product.channels == Dim(1) && product.columns == Dim(1);
  return form && !product.window.transposed && product.window.taps() <= 125 && product.window.kernel[2] <= 9;
}

/// What all kernels of convolutions share: operands and steps.
class ConvTactic : public Tactic {
 public:
  Support supports(const Region& region, const Target& target) const override {
    if (!is_mine(region)) return Support::foreign();
    const TensorType& x = region.input_type(region.anchor_inputs[0]);
    const Tensor& filter = region.input(region.anchor_inputs[1]);
    if (x.rank() < 3 || x.rank() > 5) return Support::no("other than one to three spatial axes");
    if (region.loads_quantized()) {
      const Support support = QuantizedRegion::supports(region, 0, region.output_type(0).rank() - 1);
      if (!support) return support;
    } else {
      if (!is_stored_float(x.type)) return Support::no("operands of another type than f32, f16 or bf16");
      if (!filter.constant || !is_stored_float(filter.type.type)) return Support::no("the filter is not constant");
    }
    if (const Support support = supports_product(region, target); !support) return support;
    return form(product_of(region, target, expected_places(region, Order::ChannelsLast)), target);
  }
  std::optional<Order> order(const Region&) const override { return Order::ChannelsLast; }

  void lower(const Region& region, const std::string& config, RegionLowering& lowering) const override {
    std::vector<int> inputs = {lowering.input(region.anchor_inputs[0], need())}, outputs;
    std::map<int, int> placed = {{region.anchor_inputs[0], inputs[0]}};
    for (const int index : further_inputs(region)) placed.emplace(index, lowering.input(index, Need::Any));
    for (int i = 0; i < region.outputs(); ++i) outputs.push_back(lowering.output(i, Need::Any));
    const Places places{[&](int i) { return place_of(lowering.tensor(placed.at(i))); },
                        [&](int i) { return place_of(lowering.tensor(outputs[static_cast<size_t>(i)])); }};
    const Product product = product_of(region, lowering.target(), places);
    const Tensor& filter = region.input(region.anchor_inputs[1]);
    const ConstantPtr weights = region.loads_quantized() ? quantized(region).weights() : filter.constant;
    inputs.push_back(
        lowering.packed_weights("packed", pack(product, weights->view()), {{filter.name}, packing(product), {}}));
    for (const int index : further_inputs(region)) inputs.push_back(placed.at(index));
    if (region.loads_quantized())
      for (const int constant : quantized(region).add_constants(lowering)) inputs.push_back(constant);
    add_launch(lowering, text(product, config, lowering.target()), inputs, outputs);
  }

 protected:
  virtual bool is_mine(const Region& region) const { return dynamic_cast<const ops::Conv*>(region.anchor) != nullptr; }
  virtual Need need() const { return Need::ChannelsLast; }  ///< of the main operand
  virtual Support form(const Product& product, const Target& target) const = 0;
  virtual KernelText text(const Product& product, const std::string& config, const Target& target) const = 0;
  virtual std::vector<std::byte> pack(const Product& product, TensorView filter) const {
    std::vector<std::byte> packed = pack_columns(filter, product.type, packed_depth(product), product.tf32);
    if (product.sees_outside()) packed.insert(packed.end(), 16, static_cast<std::byte>(product.a.zero_point));
    return packed;
  }
  virtual std::string packing(const Product& product) const {
    const std::string outside = product.sees_outside() ? fmt::format(":{}", product.a.zero_point) : "";
    return fmt::format("cuda.columns:{}{}{}", name_of(product.type), product.tf32 ? ":tf32" : "", outside);
  }
};

class MmaConv final : public ConvTactic {
 public:
  std::string_view name() const override { return "conv.mma"; }
  bool takes_quantized() const override { return true; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    const Product product = product_of(region, target, expected_places(region, Order::ChannelsLast));
    return tile_texts(product, target);
  }

 private:
  Support form(const Product& product, const Target& target) const override {
    if (is_depthwise(product)) return Support::no("one filter per channel");
    if (const auto reason = refuses_mma(product, target.device->architecture)) return Support::no(*reason);
    return {};
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return mma_text(product, tile_of(product, config, target), "conv_mma", target.ranges);
  }
};

class StemConv final : public ConvTactic {
 public:
  std::string_view name() const override { return "conv.stem"; }
  bool takes_quantized() const override { return true; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    constexpr size_t kMost = 12;
    const Product product = product_of(region, target, expected_places(region, Order::ChannelsLast));
    std::vector<std::string> texts;
    for (const StemTile& tile : stem_tiles(product, target.ranges, multiprocessors_of(target), kMost))
      texts.push_back(to_string(tile));
    return texts;
  }

 private:
  // The network's input lies row by row for each channel, and is read as it is.
  Need need() const override { return Need::Any; }
  Support form(const Product& product, const Target& target) const override {
    if (const auto reason = refuses_mma(product, target.device->architecture)) return Support::no(*reason);
    if (const auto reason = refuses_stem(product)) return Support::no(*reason);
    return stem_tiles(product, target.ranges, 1, 1).empty() ? Support::no("a window too large for a block") : Support{};
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return stem_text(product, parse_stem_tile(config), "conv_stem", target.ranges);
  }
  std::vector<std::byte> pack(const Product& product, TensorView filter) const override {
    return pack_pixels(filter, product.type, product.tf32, stem_pixels(product));
  }
  std::string packing(const Product& product) const override {
    return fmt::format("cuda.pixels:{}{}", name_of(product.type), product.tf32 ? ":tf32" : "");
  }
};

class SimtConv final : public ConvTactic {
 public:
  std::string_view name() const override { return "conv.simt"; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    return simt_configs(product_of(region, target, expected_places(region, Order::ChannelsLast)), target);
  }

 private:
  Support form(const Product& product, const Target& target) const override {
    if (is_depthwise(product)) return Support::no("one filter per channel");
    return refuses_mma(product, target.device->architecture) ? Support{} : Support::no("tensor cores take it");
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return simt_text(product, std::stoi(config), "conv_simt", target.ranges);
  }
  // Sums of f32 products keep their bits.
  std::vector<std::byte> pack(const Product& product, TensorView filter) const override {
    return pack_columns(filter, product.type, packed_depth(product), false);
  }
  std::string packing(const Product& product) const override {
    return fmt::format("cuda.columns:{}", name_of(product.type));
  }
};

class TransposedConv final : public ConvTactic {
 public:
  std::string_view name() const override { return "conv_transpose.simt"; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    return simt_configs(product_of(region, target, expected_places(region, Order::ChannelsLast)), target);
  }

 private:
  bool is_mine(const Region& region) const override {
    return dynamic_cast<const ops::ConvTranspose*>(region.anchor) != nullptr;
  }
  Support form(const Product&, const Target&) const override { return {}; }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    return simt_text(product, std::stoi(config), "conv_transpose_simt", target.ranges);
  }
  // [channels of all groups, columns of one, taps…] is [group][channel][column][tap…].
  std::vector<std::byte> pack(const Product& product, TensorView filter) const override {
    const int64_t groups = product.groups, channels = filter.dims[0] / groups;
    std::vector<std::byte> packed;
    for (int64_t group = 0; group < groups; ++group) {
      TensorView of_group = filter;
      of_group.data = static_cast<std::byte*>(filter.data) +
                      static_cast<size_t>(group * channels * filter.strides[0]) * size_of(filter.type);
      of_group.dims[0] = filter.dims[1], of_group.dims[1] = channels;
      of_group.strides[0] = filter.strides[1], of_group.strides[1] = filter.strides[0];
      const auto part = pack_columns(of_group, product.type, packed_depth(product), false);
      packed.insert(packed.end(), part.begin(), part.end());
    }
    return packed;
  }
  std::string packing(const Product& product) const override {
    return fmt::format("cuda.transposed_columns:{}:{}", name_of(product.type), product.groups);
  }
};

class DepthwiseTactic final : public ConvTactic {
 public:
  std::string_view name() const override { return "conv.depthwise"; }
  bool takes_quantized() const override { return true; }
  std::vector<std::string> configs(const Region& region, const Target& target) const override {
    // Where there are threads enough, tiles that load little for each result; else small ones.
    const Product product = product_of(region, target, expected_places(region, Order::ChannelsLast));
    const auto most = [&](const Dim& dim) { return range_of(dim, target.ranges).max; };
    const int64_t results = most(product.row_count()) * product.groups, height = most(product.rows[1]);
    const DepthwiseTile largest{2, 7, 4};
    const bool large =
        results / (largest.strip * largest.lines * largest.vector) >= int64_t{512} * multiprocessors_of(target);
    const bool bytes = region.loads_quantized();
    const std::vector<DepthwiseTile> tiles =
        large && bytes
            ? std::vector<DepthwiseTile>{largest, {2, 4, 8}, {4, 2, 8}, {2, 4, 4}, {4, 4, 4}, {2, 2, 16}, {8, 1, 8}}
        : large
            ? std::vector<DepthwiseTile>{largest, {2, 4, 4}, {7, 2, 4}, {4, 2, 4}, {2, 4, 8}, {8, 1, 8}, {2, 1, 8}}
            : std::vector<DepthwiseTile>{{1, 2, 8}, {2, 4, 4}, {2, 2, 4}, {4, 2, 4}, {1, 4, 8}, {2, 2, 8}, {1, 1, 8}};
    std::vector<std::string> texts;
    for (const DepthwiseTile& tile : tiles)
      if (tile.lines == 1 || tile.lines <= height) texts.push_back(to_string(tile));
    return texts;
  }

 private:
  Support form(const Product& product, const Target&) const override {
    if (!is_depthwise(product)) return Support::no("not one filter per channel, or a wide window");
    return {};
  }
  KernelText text(const Product& product, const std::string& config, const Target& target) const override {
    Product whole = product;
    whole.channels = whole.columns = product.groups;
    whole.groups = 1;
    whole.depthwise = true;
    return depthwise_text(whole, parse_depthwise_tile(config), "conv_depthwise", target.ranges);
  }
  std::vector<std::byte> pack(const Product&, TensorView filter) const override { return pack_taps(filter); }
  std::string packing(const Product&) const override { return "cuda.taps"; }
};

}  // namespace

const Tactic& conv_mma() {
  static const MmaConv tactic;
  return tactic;
}
const Tactic& conv_stem() {
  static const StemConv tactic;
  return tactic;
}
const Tactic& conv_simt() {
  static const SimtConv tactic;
  return tactic;
}
const Tactic& conv_depthwise() {
  static const DepthwiseTactic tactic;
  return tactic;
}
const Tactic& conv_transpose_simt() {
  static const TransposedConv tactic;
  return tactic;
}

}  // namespace tn::cuda
