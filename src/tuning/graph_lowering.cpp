// SPDX-License-Identifier: Apache-2.0
#include "tuning/graph_lowering.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "ops/rules.h"
#include "tuning/layout.h"
#include "tuning/node_lowering.h"

namespace tn {

namespace {

// Both in one space.
void add_copy_within(ProfileBuilder& builder, const Target& target, uint32_t list, int from, int to,
                     const std::string& name) {
  const Space space = builder.tensor(from).space;
  StepDraft step{"", std::string(kCopyKernel), {}, {from}, {to}};
  if (target.device && space == Space::Device) step = target.device->copy(*target.device, builder, from, to);
  step.name = "copy of " + name;
  step.tactic = "copy";
  if (target.device) step.space = space;
  builder.add_step(list, std::move(step));
}

bool is_dense(const PlacedTensor& tensor) {
  return is_row_major(tensor.type.dims, tensor.strides);
}

}  // namespace

void add_copy(ProfileBuilder& builder, const Target& target, uint32_t list, int from, int to, const std::string& name) {
  const Space source = builder.tensor(from).space, destination = builder.tensor(to).space;
  if (!target.device || source == destination) return add_copy_within(builder, target, list, from, to, name);
  const TensorType type = builder.tensor(to).type;
  const Dims dense = row_major_strides(type.dims);
  if (!is_dense(builder.tensor(from)) || builder.tensor(from).type.type != type.type) {
    const int packed = builder.add_arena(name + " (to transfer)", type, dense, source);
    add_copy_within(builder, target, list, from, packed, name);
    from = packed;
  }
  const bool direct = is_dense(builder.tensor(to));
  const int landed = direct ? to : builder.add_arena(name + " (transferred)", type, dense, destination);
  builder.add_step(list, {"transfer of " + name,
                          std::string(kTransferKernel),
                          {},
                          {from},
                          {landed},
                          0,
                          {},
                          {},
                          source == Space::Host ? "to device" : "to host",
                          ""});
  if (!direct) add_copy_within(builder, target, list, landed, to, name);
}

std::vector<int> GraphLowering::run(uint32_t list, const std::vector<int>& inputs, const std::vector<int>& outputs) {
  list_ = list;
  internal_check(inputs.size() == graph_.inputs().size(), "graph '{}' got {} inputs", graph_.name, inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) placed_[graph_.inputs()[i]] = inputs[i];
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != kNone) wanted_.emplace(graph_.outputs()[i], outputs[i]);
  }
  if (regions_.empty()) prepare();
  for (const NodeId id : graph_.order()) lower(id);
  std::vector<int> results;
  for (size_t i = 0; i < graph_.outputs().size(); ++i) {
    const TensorId id = graph_.outputs()[i];
    int from = graph_.tensor(id).constant ? constant(id, Order::RowMajor, Space::Device) : placed_.at(id);
    if (i < outputs.size() && outputs[i] != kNone && from != outputs[i])
      from = copy_to(from, outputs[i], graph_.tensor(id).name);
    results.push_back(from);
  }
  return results;
}

void GraphLowering::lower(NodeId id) {
  const Region& region = regions_.at(id);
  std::vector<Choice> choices = selector_.rivals(region);
  const bool alone = choices.empty();
  choices.insert(choices.begin(), choices_.at(id));
  const auto copies = alone ? std::map<Form, int>() : copies_;
  auto& ways = ways_.emplace_back();
  for (const Choice& choice : choices) {
    const auto first = static_cast<size_t>(builder_.now());
    NodeLowering lowering(*this, region, choice);
    choice.tactic->lower(region, choice.config, lowering);
    lowering.finish();
    ways.push_back({first, static_cast<size_t>(builder_.now())});
    if (!alone) copies_ = copies;
  }
}

void GraphLowering::prepare() {
  choose();
  settle_orders();
  place_concatenations();
}

void GraphLowering::choose() {
  for (const NodeId id : graph_.order()) {
    auto region = region_of(graph_, graph_.node(id));
    internal_check(region.has_value(), "{} is not a region", describe(graph_.node(id)));
    selector_.expect(*region);
    regions_.emplace(id, std::move(*region));
  }
  for (const NodeId id : graph_.order()) {
    const Region& region = regions_.at(id);
    choices_[id] = selector_.select(region);
    if (graph_.node(id).op->name() == "BatchLoop") images_[id] = images_of(region);
  }
}

std::vector<GraphLowering::Images> GraphLowering::images_of(const Region& region) {
  const DimRange count = range_of(region.input_type(0).dims[0], target_.ranges);
  const auto [selector, target] = selector_.alone();
  std::vector<Images> images;
  const auto add = [&](int copies, const Target& of, Selector& by) {
    images.push_back({copies, std::make_unique<GraphLowering>(region.node->bodies[0], of, by, builder_)});
    images.back().body->prepare();
  };
  add(static_cast<int>(std::clamp<int64_t>(count.max, 1, target_.threads)), target, selector);
  bool left_over = false;
  for (int64_t n = count.min; n <= std::min(count.max, count.min + target_.threads); ++n)
    left_over = left_over || images_left_over(n, target_.threads) > 0;
  if (left_over) add(1, target_, selector_);
  return images;
}

void GraphLowering::settle_orders() {
  const auto order_of = [&](TensorId id) {
    const auto found = orders_.find(id);
    return found == orders_.end() ? Order::RowMajor : found->second;
  };
  for (const NodeId id : graph_.order()) {
    const Node& node = graph_.node(id);
    const auto order = choices_.at(id).tactic->order(regions_.at(id));
    if (const auto loop = images_.find(id); loop != images_.end()) {
      const GraphLowering& body = *loop->second[0].body;
      for (size_t i = 0; i < node.outputs.size(); ++i) {
        // What the caller gets is put in its order image by image.
        const bool given = wanted_.contains(node.outputs[i]);
        orders_[node.outputs[i]] = given ? Order::RowMajor : body.orders_.at(body.graph_.outputs()[i]);
      }
      continue;
    }
    for (const TensorId output : node.outputs) {
      const int rank = graph_.tensor(output).type.rank();
      Order result = order.value_or(Order::RowMajor);
      if (!order) {
        for (const TensorId input : node.inputs) {
          if (input == kNone || graph_.tensor(input).type.rank() != rank) continue;
          if (order_of(input) == Order::ChannelsLast) result = Order::ChannelsLast;
        }
      }
      orders_[output] = rank < 3 ? Order::RowMajor : result;
    }
  }
}

namespace {

// Whether an extent is known before anything runs.
bool is_known(const Dim& dim) {
  return std::ranges::none_of(dim.symbols(), [](const std::string& symbol) { return symbol.starts_with('?'); });
}

// The same elements in the same order, with other extents.
bool is_reshape(const Op& op) {
  constexpr std::array<std::string_view, 4> kNames = {"Reshape", "Squeeze", "Unsqueeze", "Flatten"};
  return std::ranges::find(kNames, op.name()) != kNames.end();
}

}  // namespace

// The producer of a part may run before it is known what only running tells: that must not move the part.
void GraphLowering::place_concatenations() {
  const auto order = graph_.order();
  std::set<TensorId> taken;
  for (auto id = order.rbegin(); id != order.rend(); ++id) {
    const Node& node = graph_.node(*id);
    if (node.op->name() != "Concat") continue;
    const TensorId parent = node.outputs[0];
    const auto attributes = node.op->attributes();
    const int axis = ops::normalize_axis(std::get<int64_t>(attributes.at("axis")), graph_.tensor(parent).type.rank());
    const Dims& whole = graph_.tensor(parent).type.dims;
    const bool strides_known = std::all_of(whole.begin() + 1, whole.end(), is_known);
    Dim begin = 0;
    for (const TensorId part : node.inputs) {
      const Tensor& tensor = graph_.tensor(part);
      const bool free = strides_known && is_known(begin) && tensor.producer != kNone && !graph_.is_output(part) &&
                        orders_[part] == orders_[parent];
      if (free && taken.insert(part).second) {
        slots_.emplace(part, Slot{parent, axis, begin});
        place_reshaped(part);
      }
      begin = begin + tensor.type.dims[static_cast<size_t>(axis)];
    }
  }
}

// What a part is another view of goes there, too.
void GraphLowering::place_reshaped(TensorId part) {
  const Node& node = graph_.node(graph_.tensor(part).producer);
  if (!is_reshape(*node.op)) return;
  const TensorId seen = node.inputs[0];
  if (graph_.tensor(seen).producer == kNone || graph_.is_output(seen) || slots_.contains(seen)) return;
  if (orders_[seen] != Order::RowMajor || orders_[part] != Order::RowMajor) return;
  if (seen_as_.emplace(seen, part).second) place_reshaped(seen);
}

std::optional<int> GraphLowering::place_under_view(TensorId id) {
  const auto view = seen_as_.find(id);
  if (view == seen_as_.end()) return std::nullopt;
  const int place = place_output(view->second);
  const PlacedTensor& there = builder_.tensor(place);
  const Tensor& tensor = graph_.tensor(id);
  auto strides = reshaped_strides(there.type.dims, there.strides, tensor.type.dims);
  if (!strides) return std::nullopt;
  return builder_.add_view(place, tensor.name, tensor.type, *std::move(strides), Dim(there.offset));
}

int GraphLowering::place_output(TensorId id) {
  if (const auto found = placed_.find(id); found != placed_.end()) return found->second;
  const Tensor& tensor = graph_.tensor(id);
  int place = kNone;
  const auto fits = [&](int wanted) {
    return orders_[id] == Order::RowMajor ||
           satisfies(Need::ChannelsLast, tensor.type.dims, builder_.tensor(wanted).strides);
  };
  if (const auto wanted = wanted_.find(id); wanted != wanted_.end() && fits(wanted->second)) {
    place = wanted->second;
  } else if (const auto slot = slots_.find(id); slot != slots_.end()) {
    const int parent = place_output(slot->second.parent);
    const PlacedTensor& whole = builder_.tensor(parent);
    const Dim offset = whole.offset + slot->second.begin * whole.strides[static_cast<size_t>(slot->second.axis)];
    place = builder_.add_view(parent, tensor.name, tensor.type, Dims(whole.strides), offset);
  } else if (const auto view = place_under_view(id)) {
    place = *view;
  } else {
    place = builder_.add_arena(tensor.name, tensor.type, strides_in(orders_[id], tensor.type.dims));
  }
  placed_[id] = place;
  return place;
}

int GraphLowering::place_output(TensorId id, Space space) {
  const bool has_place = placed_.contains(id) || wanted_.contains(id) || slots_.contains(id) || seen_as_.contains(id);
  if (!apart() || space == Space::Device || has_place) return place_output(id);
  const Tensor& tensor = graph_.tensor(id);
  return placed_[id] =
             builder_.add_arena(tensor.name, tensor.type, strides_in(Order::RowMajor, tensor.type.dims), space);
}

int GraphLowering::constant(TensorId id, Order order, Space space) {
  const Form key{id, order == Order::RowMajor ? Need::RowMajor : Need::ChannelsLast, space};
  if (const auto found = copies_.find(key); found != copies_.end()) return found->second;
  const Tensor& tensor = graph_.tensor(id);
  const Constant& data = *tensor.constant;
  const Dims strides = strides_in(order, tensor.type.dims);
  uint64_t position = 0;
  WeightStore::Recipe recipe{{tensor.name}, order == Order::RowMajor ? "dense" : "dense_channels_last", {}};
  if (order == Order::RowMajor) {
    position = builder_.weights().add(data.bytes(), recipe);
  } else {
    std::vector<std::byte> bytes(data.bytes().size());
    TensorView to = TensorView::dense(bytes.data(), data.type(), data.dims());
    for (int i = 0; i < to.rank(); ++i) to.strides[i] = *strides[static_cast<size_t>(i)].constant();
    copy(data.view(), to);
    position = builder_.weights().add(bytes, recipe);
  }
  return copies_[key] = builder_.add_weights(tensor.name, tensor.type, strides, position, space);
}

int GraphLowering::copy_to(int from, int to, const std::string& name) {
  add_copy(builder_, target_, list_, from, to, name);
  return to;
}

int GraphLowering::satisfying(TensorId id, Need need, std::optional<Space> wanted) {
  const Tensor& tensor = graph_.tensor(id);
  if (tensor.constant) return constant(id, order_for(need), apart() ? wanted.value_or(Space::Device) : Space::Device);
  const int place = placed_.at(id);
  const Space at = builder_.tensor(place).space, space = apart() ? wanted.value_or(at) : at;
  if (space == at && satisfies(need, tensor.type.dims, builder_.tensor(place).strides)) return place;
  const auto found = copies_.find({id, need, space});
  if (found != copies_.end()) return found->second;
  const int fresh =
      builder_.add_arena(tensor.name + " (copy)", tensor.type, strides_in(order_for(need), tensor.type.dims), space);
  copy_to(place, fresh, tensor.name);
  return copies_[{id, need, space}] = fresh;
}

}  // namespace tn
