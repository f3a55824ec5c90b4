// SPDX-License-Identifier: Apache-2.0
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/os/file.h"
#include "import/caffe/caffe.h"
#include "import/caffe/inputs.h"
#include "import/caffe/layer_context.h"

namespace tn::import {
namespace caffe {
namespace {

class NetImporter {
 public:
  NetImporter(const Net& net, Weights& weights, const OnnxOperators& operators, const CaffeOptions& options)
      : net_(net), weights_(weights), operators_(operators), options_(options) {}

  CaffeNetwork run() {
    result_.graph.name = net_.name.empty() ? "main" : net_.name;
    check_types();
    find_reads();
    for (size_t i = 0; i < net_.layers.size(); ++i) try_layer(net_.layers[i], static_cast<int>(i));
    if (!failures_.empty()) throw_failures();
    check_shapes();
    set_outputs();
    if (weights_.used_random())
      result_.warnings.emplace_back("No weights are given: they are random, and so is what the network tells");
    return std::move(result_);
  }

 private:
  struct Failure {
    NodeOrigin layer;
    ErrorCode code;
    std::string text;
  };

  void fail(const Layer& layer, int index, ErrorCode code, std::string_view what) {
    failures_.push_back(
        {{index, layer.name, layer.type}, code, fmt::format("layer '{}' ({}): {}", layer.name, layer.type, what)});
    for (const std::string& top : layer.tops) unknown_.insert(top);
  }

  [[noreturn]] void throw_failures() const {
    constexpr size_t kShown = 50;
    std::vector<std::string_view> shown;
    for (size_t i = 0; i < std::min(kShown, failures_.size()); ++i) shown.push_back(failures_[i].text);
    const Failure& first = failures_[0];
    if (failures_.size() == 1) throw NodeError(Error(first.code, "{}", first.text), first.layer);
    throw NodeError(Error(first.code, "{} layers cannot be imported: {}{}", failures_.size(), fmt::join(shown, "; "),
                          failures_.size() > kShown ? "; …" : ""),
                    first.layer);
  }

  void check_types() {
    for (const Layer& layer : net_.layers) {
      model_check(!layer.type.empty(), "layer '{}' has no type", layer.name);
      model_check(layer.bottoms.size() + layer.tops.size() <= kMostBlobs, "layer '{}' has too many blobs", layer.name);
    }
  }

  // What the layers that we keep read: of the blobs of data layers only these become inputs.
  void find_reads() {
    for (const Layer& layer : net_.layers) {
      if (is_ignored(layer.type)) continue;
      const size_t count = is_loss(layer.type) ? std::min<size_t>(1, layer.bottoms.size()) : layer.bottoms.size();
      for (size_t i = 0; i < count; ++i) {
        read_.insert(layer.bottoms[i]);
        const bool in_place = std::ranges::find(layer.tops, layer.bottoms[i]) != layer.tops.end();
        if (!in_place) taken_.insert(layer.bottoms[i]);
      }
    }
  }

  void try_layer(const Layer& layer, int index) {
    if (is_ignored(layer.type)) return;
    try {
      if (is_data(layer.type)) return add_inputs(layer);
      const LayerEntry* entry = find_layer(is_loss(layer.type) ? "Softmax" : layer.type);
      if (!entry) throw Error(ErrorCode::Unsupported, "there is no importer for layers of this type");
      std::vector<std::string> bottoms = layer.bottoms;
      if (is_loss(layer.type) && bottoms.size() > 1) bottoms.resize(1);
      // What follows from an earlier failure is no failure of its own.
      if (std::ranges::any_of(bottoms, [&](const auto& name) { return unknown_.contains(name); })) {
        unknown_.insert(layer.tops.begin(), layer.tops.end());
        return;
      }
      add_layer(layer, *entry, bottoms);
    } catch (const Error& error) {
      fail(layer, index, error.code(), error.what());
    }
  }

  void add_inputs(const Layer& layer) {
    for (size_t i = 0; i < layer.tops.size(); ++i) {
      const std::string& top = layer.tops[i];
      if (layer.type != "Input" && i > 0 && !read_.contains(top)) continue;
      check_new(top);
      const TensorType type{DataType::F32, input_dims(layer, i, options_)};
      bind(top, result_.graph.add_input(top, type));
      inputs_.insert(top);
    }
  }

  void check_new(const std::string& top) const {
    model_check(!result_.blobs.contains(top), "blob '{}' is made by two layers", top);
  }

  void add_layer(const Layer& layer, const LayerEntry& entry, const std::vector<std::string>& bottoms) {
    std::vector<TensorId> ids;
    for (const std::string& name : bottoms) {
      const auto found = result_.blobs.find(name);
      model_check(found != result_.blobs.end(), "its bottom '{}' is made by no layer before it", name);
      ids.push_back(found->second);
    }
    for (const std::string& top : layer.tops)
      if (std::ranges::find(layer.bottoms, top) == layer.bottoms.end()) check_new(top);
    model_check(std::set(layer.tops.begin(), layer.tops.end()).size() == layer.tops.size(), "it has equal tops");

    Graph& graph = result_.graph;
    const auto before = static_cast<TensorId>(graph.tensor_count());
    LayerContext context(layer, std::move(ids), graph, weights_, operators_);
    auto tops = entry.import(context);
    model_check(tops.size() >= layer.tops.size(), "it has {} tops, at most {} belong here", layer.tops.size(),
                tops.size());
    tops.resize(layer.tops.size());
    for (TensorId& id : tops) {
      // Every blob is a tensor of its own, so that it can carry its name.
      const bool taken = std::count(tops.begin(), tops.end(), id) > 1;
      if (id < before || taken || graph.tensor(id).producer == kNone) id = context.op("Identity", {id});
      check_extents(graph.tensor(id).type);
    }
    for (auto id = before; id < static_cast<TensorId>(graph.tensor_count()); ++id) {
      // A blob may have the layer's name. Others keep theirs: extents that only running tells are named after them.
      const bool inner = std::ranges::find(tops, id) == tops.end();
      if (inner && graph.tensor(id).name == layer.name) graph.rename(id, layer.name + "/1");
    }
    for (size_t i = 0; i < tops.size(); ++i) bind(layer.tops[i], tops[i]);
  }

  static void check_extents(const TensorType& type) {
    const auto shape = type.static_shape();
    if (!shape) return;
    checked_elements(shape->span(), kMostElements);
    model_check(std::ranges::none_of(*shape, [](int64_t dim) { return dim == 0; }), "its result would be {}",
                to_string(type));
  }

  // A layer that works in place takes the name over.
  void bind(const std::string& name, TensorId id) {
    const auto [entry, fresh] = result_.blobs.emplace(name, id);
    // An input keeps its name: it is what the caller calls it.
    if (!fresh && !inputs_.contains(name)) result_.graph.rename(entry->second, name + "/before");
    entry->second = id;
    result_.graph.rename(id, name);
  }

  void check_shapes() const {
    for (const auto& [name, shape] : options_.shapes)
      if (!inputs_.contains(name))
        throw Error(ErrorCode::InvalidArgument, "there is no input '{}' to give a shape to; the inputs are {}", name,
                    fmt::join(inputs_, ", "));
  }

  std::vector<std::string> unread_tops() const {
    std::vector<std::string> names;
    std::set<std::string> known;
    for (const Layer& layer : net_.layers) {
      for (const std::string& top : layer.tops) {
        const bool open = result_.blobs.contains(top) && !inputs_.contains(top) && !taken_.contains(top);
        if (open && known.insert(top).second) names.push_back(top);
      }
    }
    return names;
  }

  void set_outputs() {
    std::vector<TensorId> outputs;
    for (const std::string& name : options_.outputs.empty() ? unread_tops() : options_.outputs) {
      const auto found = result_.blobs.find(name);
      if (found == result_.blobs.end())
        throw Error(ErrorCode::InvalidArgument,
                    "there is no blob '{}' to be an output; those that no layer reads are {}", name,
                    fmt::join(unread_tops(), ", "));
      if (std::ranges::find(outputs, found->second) != outputs.end())
        throw Error(ErrorCode::InvalidArgument, "'{}' is named as an output twice", name);
      outputs.push_back(found->second);
    }
    model_check(!outputs.empty(), "the network has no layers that compute anything");
    result_.graph.set_outputs(std::move(outputs));
  }

  static constexpr size_t kMostBlobs = 10000;

  const Net& net_;
  Weights& weights_;
  const OnnxOperators& operators_;
  const CaffeOptions& options_;
  CaffeNetwork result_;
  std::set<std::string> read_;     ///< by any layer
  std::set<std::string> taken_;    ///< by a layer that does not write it again
  std::set<std::string> inputs_;   ///< of the network
  std::set<std::string> unknown_;  ///< tops of layers that failed
  std::vector<Failure> failures_;
};

}  // namespace
}  // namespace caffe

namespace {

template <typename Body>
auto within(const std::filesystem::path& path, Body&& body) {
  try {
    return body();
  } catch (const NodeError& error) {
    throw NodeError(error.within(path.string()), error.origin());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
}

CaffeNetwork import_net(const caffe::Net& net, std::optional<caffe::Net> model, const OnnxOperators& operators,
                        const CaffeOptions& options) {
  caffe::Weights weights(std::move(model));
  return caffe::NetImporter(net, weights, operators, options).run();
}

}  // namespace

CaffeNetwork import_caffe(std::span<const std::byte> deploy, std::optional<std::span<const std::byte>> model,
                          const OnnxOperators& operators, const CaffeOptions& options) {
  const caffe::Net net = caffe::read_net(caffe::read_message(deploy, caffe::kNetSchema));
  std::optional<caffe::Net> trained;
  if (model) trained = caffe::read_trained(caffe::read_message(*model, caffe::kNetSchema));
  return import_net(net, std::move(trained), operators, options);
}

CaffeNetwork import_caffe(const std::filesystem::path& deploy, const std::filesystem::path& model,
                          const OnnxOperators& operators, const CaffeOptions& options) {
  const MappedFile structure(deploy);
  const caffe::Net net =
      within(deploy, [&] { return caffe::read_net(caffe::read_message(structure.bytes(), caffe::kNetSchema)); });
  MappedFile arrays;
  std::optional<caffe::Net> trained;
  if (!model.empty()) {
    arrays = MappedFile(model);
    trained =
        within(model, [&] { return caffe::read_trained(caffe::read_message(arrays.bytes(), caffe::kNetSchema)); });
  }
  return within(deploy, [&] { return import_net(net, std::move(trained), operators, options); });
}

ConstantPtr read_caffe_blob(const std::filesystem::path& path) {
  const MappedFile file(path);
  return within(path, [&] {
    const caffe::Message blob = caffe::read_message(file.bytes(), caffe::kBlobSchema);
    return caffe::constant_of(blob, Shape(caffe::blob_dims(blob)));
  });
}

}  // namespace tn::import
