// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/layer_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "tenonexec/edit_distance.h"
#include "tenonexec/failure.h"

namespace tenonexec {
namespace {

using tenon::DataType;
using tenon::ILayer;

// Splits at commas outside quotes.
std::vector<std::string> entries_of(std::string_view flag, std::string_view text) {
  std::vector<std::string> entries(1);
  char quote = 0;
  for (const char c : text) {
    if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else if (c == quote)
      quote = 0;
    if (c == ',' && quote == 0)
      entries.emplace_back();
    else
      entries.back() += c;
  }
  if (quote != 0) throw Failure("{}: a quote in '{}' is not closed", flag, text);
  return entries;
}

// "Conv/1" of "Conv": what a node of a file has become, if that is several layers.
bool is_part(std::string_view layer, std::string_view name) {
  if (!layer.starts_with(name) || layer.size() < name.size() + 2 || layer[name.size()] != '/') return false;
  return layer.find_first_not_of("0123456789", name.size() + 1) == layer.npos;
}

bool is_float(const tenon::ITensor* tensor) {
  if (tensor == nullptr) return false;
  const DataType type = tensor->getType();
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16;
}

bool computes_on_floats(const ILayer& layer) {
  for (int i = 0; i < layer.getNbInputs(); ++i)
    if (is_float(layer.getInput(i))) return true;
  for (int i = 0; i < layer.getNbOutputs(); ++i)
    if (is_float(layer.getOutput(i))) return true;
  return false;
}

bool means(const LayerTypes& entry, std::string_view layer) {
  return matches_glob(entry.name, layer) || is_part(layer, entry.name);
}

// A layer that is not named itself is left alone where a type of floats means nothing for it.
bool applies(const LayerTypes& entry, const ILayer& layer) {
  return entry.name == layer.getName() || (means(entry, layer.getName()) && computes_on_floats(layer));
}

std::string nearest_layer(const tenon::INetworkDefinition& network, std::string_view name) {
  std::string best;
  size_t least = std::string::npos;
  for (int i = 0; i < network.getNbLayers(); ++i) {
    const std::string_view layer = network.getLayer(i)->getName();
    if (const size_t distance = edit_distance(name, layer); distance < least) {
      least = distance;
      best = layer;
    }
  }
  return best;
}

void check_names(const tenon::INetworkDefinition& network, const std::vector<LayerTypes>& entries,
                 std::string_view flag) {
  for (const LayerTypes& entry : entries) {
    bool known = false;
    for (int i = 0; i < network.getNbLayers() && !known; ++i) known = means(entry, network.getLayer(i)->getName());
    if (known) continue;
    const std::string nearest = nearest_layer(network, entry.name);
    throw Failure("{}: the network has no layer '{}'{}", flag, entry.name,
                  nearest.empty() ? "" : fmt::format("; the nearest name is '{}'", nearest));
  }
}

// The last entry for a layer.
const LayerTypes* find(const std::vector<LayerTypes>& entries, const ILayer& layer) {
  const auto found =
      std::find_if(entries.rbegin(), entries.rend(), [&](const LayerTypes& entry) { return applies(entry, layer); });
  return found == entries.rend() ? nullptr : &*found;
}

void set_output_types(ILayer& layer, const LayerTypes& entry) {
  const auto outputs = static_cast<size_t>(layer.getNbOutputs());
  if (entry.types.size() > 1 && entry.types.size() != outputs)
    throw Failure("--layerOutputTypes: {} types for layer '{}', which has {} outputs; give one for all or one for each",
                  entry.types.size(), layer.getName(), outputs);
  for (size_t i = 0; i < outputs; ++i)
    layer.setOutputType(static_cast<int>(i), entry.types[entry.types.size() == 1 ? 0 : i]);
}

}  // namespace

std::vector<LayerTypes> parse_layer_types(std::string_view flag, std::string_view text, bool several) {
  std::vector<LayerTypes> list;
  for (const std::string& entry : entries_of(flag, text)) {
    const size_t colon = entry.rfind(':');
    const size_t quote = entry.find_last_of("'\"");
    if (colon == entry.npos || (quote != entry.npos && quote > colon))
      throw Failure("{}: '{}' has no ':' after the layer's name; write name:fp16", flag, entry);
    std::string_view name = std::string_view(entry).substr(0, colon);
    const bool quoted = name.size() >= 2 && (name[0] == '\'' || name[0] == '"') && name.back() == name[0];
    if (quoted) name = name.substr(1, name.size() - 2);
    if (name.empty()) throw Failure("{}: '{}' has no layer's name before the ':'", flag, entry);
    LayerTypes& types = list.emplace_back(LayerTypes{std::string(name), {}});
    for (const std::string& type : split(std::string_view(entry).substr(colon + 1), '+'))
      types.types.push_back(parse_type(flag, type));
    if (types.types.empty()) throw Failure("{}: '{}' has no type behind the ':'", flag, entry);
    if (!several && types.types.size() > 1)
      throw Failure("{}: '{}' has {} types; a layer has one precision", flag, entry, types.types.size());
  }
  return list;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  size_t at = 0, in_pattern = 0, retry = name.npos, behind_star = 0;
  while (at < name.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      behind_star = ++in_pattern;
      retry = at;
    } else if (in_pattern < pattern.size() && (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
      ++in_pattern;
      ++at;
    } else if (retry != name.npos) {
      in_pattern = behind_star;
      at = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == pattern.npos;
}

void set_layer_types(tenon::INetworkDefinition& network, const BuildOptions& build) {
  check_names(network, build.layer_precisions, "--layerPrecisions");
  check_names(network, build.layer_output_types, "--layerOutputTypes");
  for (int i = 0; i < network.getNbLayers(); ++i) {
    ILayer& layer = *network.getLayer(i);
    if (const LayerTypes* entry = find(build.layer_precisions, layer)) layer.setPrecision(entry->types[0]);
    if (const LayerTypes* entry = find(build.layer_output_types, layer)) set_output_types(layer, *entry);
  }
}

}  // namespace tenonexec
