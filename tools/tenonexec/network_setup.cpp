// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/network_setup.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "tenonexec/failure.h"

namespace tenonexec {
namespace {

using tenon::Dims;
using tenon::INetworkDefinition;
using tenon::IOptimizationProfile;
using tenon::ITensor;
using tenon::OptProfileSelector;

std::vector<ITensor*> inputs_of(const INetworkDefinition& network) {
  std::vector<ITensor*> inputs;
  for (int i = 0; i < network.getNbInputs(); ++i) inputs.push_back(network.getInput(i));
  return inputs;
}

std::vector<ITensor*> outputs_of(const INetworkDefinition& network) {
  std::vector<ITensor*> outputs;
  for (int i = 0; i < network.getNbOutputs(); ++i) outputs.push_back(network.getOutput(i));
  return outputs;
}

bool is_dynamic(const ITensor& tensor) {
  const Dims dims = tensor.getDimensions();
  return tensor.isShapeTensor() ||
         std::any_of(dims.d, dims.d + std::max(dims.nbDims, 0), [](int64_t d) { return d < 0; });
}

void apply_formats(const std::vector<ITensor*>& tensors, const std::vector<IoFormat>& formats, std::string_view flag) {
  if (formats.empty()) return;
  if (formats.size() != 1 && formats.size() != tensors.size())
    throw Failure("{}: {} formats for {} tensors; give one for all or one for each", flag, formats.size(),
                  tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const IoFormat& format = formats[formats.size() == 1 ? 0 : i];
    if (format.type) tensors[i]->setType(*format.type);
    tensors[i]->setAllowedFormats(format.formats);
  }
}

std::string names_of(const std::vector<ITensor*>& tensors) {
  std::vector<std::string_view> names;
  for (const ITensor* tensor : tensors) names.emplace_back(tensor->getName());
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_names(const Shapes& shapes, const std::vector<ITensor*>& inputs, int index) {
  for (const auto& [pattern, dims] : shapes) {
    const bool known = std::any_of(inputs.begin(), inputs.end(),
                                   [&](const ITensor* tensor) { return matches(pattern, tensor->getName()); });
    if (!known)
      throw Failure("profile {}: the network has no input '{}'; its inputs are {}", index, pattern, names_of(inputs));
  }
}

void check_fits(const ITensor& tensor, const Dims& dims, int index) {
  const Dims network = tensor.getDimensions();
  bool fits = network.nbDims == dims.nbDims;
  for (int i = 0; fits && i < dims.nbDims; ++i) fits = network.d[i] < 0 || network.d[i] == dims.d[i];
  if (!fits)
    throw Failure("profile {}: shape {} does not fit input '{}', which is {} in the network (-1: any)", index,
                  to_text(dims), tensor.getName(), to_text(network));
}

void set_bounds(IOptimizationProfile& profile, const ITensor& tensor, const CompleteProfile& shapes, int index) {
  const std::pair<OptProfileSelector, const Shapes*> bounds[] = {{OptProfileSelector::kMIN, &shapes.min},
                                                                 {OptProfileSelector::kOPT, &shapes.opt},
                                                                 {OptProfileSelector::kMAX, &shapes.max}};
  for (const auto& [selector, list] : bounds) {
    const Dims* dims = find_shape(*list, tensor.getName());
    if (dims == nullptr && !is_dynamic(tensor)) return;
    if (dims == nullptr)
      throw Failure(
          "profile {}: input '{}' is {} and has no shape; add {}:… to --minShapes, --optShapes and --maxShapes", index,
          tensor.getName(), to_text(tensor.getDimensions()), tensor.getName());
    bool set = true;
    if (tensor.isShapeTensor()) {
      set = profile.setShapeValuesV2(tensor.getName(), selector, dims->d, dims->nbDims);
    } else {
      check_fits(tensor, *dims, index);
      set = profile.setDimensions(tensor.getName(), selector, *dims);
    }
    if (!set) throw Reported();
  }
}

Shapes default_shapes(const std::vector<ITensor*>& inputs, Console& console) {
  Shapes shapes;
  for (const ITensor* tensor : inputs) {
    if (!is_dynamic(*tensor)) continue;
    Dims dims = tensor->getDimensions();
    if (tensor->isShapeTensor())
      throw Failure("input '{}' holds a shape: give its values with --optShapes={}:AxBxC", tensor->getName(),
                    tensor->getName());
    std::replace_if(
        dims.d, dims.d + dims.nbDims, [](int64_t d) { return d < 0; }, 1);
    console.warning(
        "No shape is given for the dynamic input '{}' ({}); it is built for {} only. Use --optShapes, or "
        "--minShapes and --maxShapes.",
        tensor->getName(), to_text(tensor->getDimensions()), to_text(dims));
    shapes.emplace_back(tensor->getName(), dims);
  }
  return shapes;
}

// −1 where a profile admits several extents, or profiles differ.
Dims common_extents(const Dims& a, const Dims& b) {
  Dims common = a;
  for (int i = 0; i < a.nbDims; ++i)
    if (a.nbDims != b.nbDims || a.d[i] != b.d[i]) common.d[i] = -1;
  return common;
}

}  // namespace

Shapes fixed_extents(const BuildOptions& build) {
  std::map<std::string, Dims> fixed;
  for (const auto& [index, given] : build.profiles) {
    const CompleteProfile shapes = complete(given, index);
    for (const auto& [name, dims] : shapes.min) {
      const Dims* most = find_shape(shapes.max, name);
      if (name.find('*') != name.npos || most == nullptr) continue;
      const Dims here = common_extents(dims, *most);
      const auto [entry, fresh] = fixed.emplace(name, here);
      if (!fresh) entry->second = common_extents(entry->second, here);
    }
  }
  return {fixed.begin(), fixed.end()};
}

void set_io_formats(INetworkDefinition& network, const BuildOptions& build) {
  apply_formats(inputs_of(network), build.input_formats, "--inputIOFormats");
  apply_formats(outputs_of(network), build.output_formats, "--outputIOFormats");
}

void add_profiles(tenon::IBuilder& builder, tenon::IBuilderConfig& config, INetworkDefinition& network,
                  const BuildOptions& build, Console& console) {
  const std::vector<ITensor*> inputs = inputs_of(network);
  std::map<int, ProfileShapes> profiles = build.profiles;
  if (profiles.empty()) {
    if (std::none_of(inputs.begin(), inputs.end(), [](const ITensor* tensor) { return is_dynamic(*tensor); })) return;
    profiles[0].opt = default_shapes(inputs, console);
  }
  for (const auto& [index, given] : profiles) {
    const CompleteProfile shapes = complete(given, index);
    check_names(shapes.opt, inputs, index);
    IOptimizationProfile* profile = builder.createOptimizationProfile();
    if (profile == nullptr) throw Reported();
    for (const ITensor* tensor : inputs) set_bounds(*profile, *tensor, shapes, index);
    if (config.addOptimizationProfile(profile) < 0) throw Reported();
  }
}

}  // namespace tenonexec
