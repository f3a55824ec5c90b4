// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/bindings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "tenonexec/failure.h"
#include "tenonexec/files.h"
#include "tenonexec/ownership.h"
#include "tenonexec/placement.h"

namespace tenonexec {
namespace {

using tenon::Dims;
using tenon::ICudaEngine;
using tenon::IExecutionContext;
using tenon::TensorIOMode;

std::vector<std::string> names_of(const ICudaEngine& engine, TensorIOMode mode) {
  std::vector<std::string> names;
  for (int i = 0; i < engine.getNbIOTensors(); ++i)
    if (engine.getTensorIOMode(engine.getIOTensorName(i)) == mode) names.emplace_back(engine.getIOTensorName(i));
  return names;
}

bool is_dynamic(const Dims& dims) {
  return std::any_of(dims.d, dims.d + std::max(dims.nbDims, 0), [](int64_t d) { return d < 0; });
}

bool fits(const Dims& engine, const Dims& dims) {
  bool fits = engine.nbDims == dims.nbDims;
  for (int i = 0; fits && i < dims.nbDims; ++i) fits = engine.d[i] < 0 || engine.d[i] == dims.d[i];
  return fits;
}

void check_names(std::string_view flag, const auto& list, const std::vector<std::string>& names,
                 std::string_view kind) {
  for (const auto& [pattern, value] : list) {
    const bool known = std::any_of(names.begin(), names.end(),
                                   [&, &wanted = pattern](const std::string& name) { return matches(wanted, name); });
    if (!known)
      throw Failure("{}: the engine has no {} '{}'; its {}s are {}", flag, kind, pattern, kind, fmt::join(names, ", "));
  }
}

void set_shapes(const ICudaEngine& engine, IExecutionContext& context, const InferenceOptions& options) {
  const std::vector<std::string> inputs = names_of(engine, TensorIOMode::kINPUT);
  check_names("--shapes", options.shapes, inputs, "input");
  for (const std::string& name : inputs) {
    const Dims built = engine.getTensorShape(name.c_str());
    const bool holds_shape = engine.isShapeInferenceIO(name.c_str());
    const Dims* given = holds_shape ? nullptr : find_shape(options.shapes, name);
    if (given != nullptr && !fits(built, *given))
      throw Failure("--shapes: {} does not fit input '{}', which is {} in the engine (-1: any)", to_text(*given), name,
                    to_text(built));
    if (!is_dynamic(built)) continue;
    const Dims dims = given != nullptr
                          ? *given
                          : engine.getProfileShape(name.c_str(), options.profile, tenon::OptProfileSelector::kOPT);
    if (!context.setInputShape(name.c_str(), dims)) throw Reported();
  }
}

Placement placement_of(const ICudaEngine& engine, const IExecutionContext& context, const std::string& name) {
  const char* tensor = name.c_str();
  return {context.getTensorShape(tensor), context.getTensorStrides(tensor), engine.getTensorVectorizedDim(tensor),
          std::max(engine.getTensorComponentsPerElement(tensor), 1)};
}

/// Bytes with all padding.
int64_t tensor_bytes(const ICudaEngine& engine, const IExecutionContext& context, const std::string& name) {
  const Dims dims = context.getTensorShape(name.c_str());
  if (dims.nbDims < 0 || is_dynamic(dims)) {
    const int64_t most = context.getMaxOutputSize(name.c_str());
    if (most < 0) throw Failure("the size of tensor '{}' ({}) is not known", name, to_text(dims));
    return most;
  }
  count_elements(name, dims);
  const auto size = static_cast<int64_t>(getSize(engine.getTensorDataType(name.c_str())));
  return room_of(placement_of(engine, context, name)) * size;
}

std::unique_ptr<tenon::IDeviceMemory> allocate(const ICudaEngine& engine, int device, tenon::MemoryKind kind,
                                               size_t size, Console& console) {
  // An empty tensor has an address, too.
  auto memory = own(tenon::createDeviceMemory(console, engine.getBackend(), device, kind, std::max<size_t>(size, 1)));
  if (kind != tenon::MemoryKind::kDEVICE) std::memset(memory->data(), 0, memory->size());
  return memory;
}

void copy(tenon::Stream stream, void* to, const void* from, size_t size) {
  if (!tenon::enqueueCopy(stream, to, from, size)) throw Failure("a copy of {} bytes cannot be enqueued", size);
}

/// The values of an input that holds a shape: from --shapes, else those that the profile was tuned for.
bool fill_shape_values(std::span<std::byte> bytes, const std::string& name, const ICudaEngine& engine,
                       const InferenceOptions& options) {
  const size_t element = getSize(engine.getTensorDataType(name.c_str()));
  const size_t count = bytes.size() / element;
  const int64_t* values =
      engine.getProfileTensorValuesV2(name.c_str(), options.profile, tenon::OptProfileSelector::kOPT);
  if (const Dims* given = find_shape(options.shapes, name)) {
    if (static_cast<size_t>(given->nbDims) != count)
      throw Failure("--shapes: input '{}' holds {} values, {} are given", name, count, given->nbDims);
    values = given->d;
  }
  if (values == nullptr) return false;
  for (size_t i = 0; i < count; ++i) std::memcpy(bytes.data() + i * element, &values[i], element);  // little-endian
  return true;
}

}  // namespace

Bindings::Bindings(const ICudaEngine& engine, IExecutionContext& context, const Options& options, Console& console)
    : engine_(engine), context_(context) {
  const InferenceOptions& inference = options.inference;
  set_shapes(engine, context, inference);
  check_names("--loadInputs", inference.inputs, names_of(engine, TensorIOMode::kINPUT), "input");
  check_names("--loadRefOutputs", inference.reference_outputs, names_of(engine, TensorIOMode::kOUTPUT), "output");
  for (int i = 0; i < engine.getNbIOTensors(); ++i)
    tensors_.push_back(make_tensor(engine.getIOTensorName(i), engine, options, console));
}

Bindings::Tensor Bindings::make_tensor(const char* name, const ICudaEngine& engine, const Options& options,
                                       Console& console) {
  Tensor tensor;
  tensor.name = name;
  tensor.is_input = engine.getTensorIOMode(name) == TensorIOMode::kINPUT;
  tensor.type = engine.getTensorDataType(name);
  if (!tensor.is_input && context_.inferShapes(0, nullptr) < 0) throw Reported();
  tensor.size = static_cast<size_t>(tensor_bytes(engine, context_, tensor.name));
  using enum tenon::MemoryKind;
  const int device = options.system.device;
  const bool on_gpu =
      engine.getBackend() == tenon::Backend::kCUDA && engine.getTensorLocation(name) == tenon::TensorLocation::kDEVICE;
  tensor.managed = on_gpu && options.inference.managed_memory;
  tensor.host = allocate(engine, device, tensor.managed ? kMANAGED : kHOST, tensor.size, console);
  if (on_gpu && !tensor.managed) tensor.device = allocate(engine, device, kDEVICE, tensor.size, console);
  if (tensor.is_input) fill_input(tensor, engine, options.inference, console);
  console.info("{} binding for {} with dimensions {} is created.", tensor.is_input ? "Input" : "Output", name,
               to_text(context_.getTensorShape(name)));
  if (engine.getTensorFormat(name) != tenon::TensorFormat::kLINEAR) {
    const Placement placement = placement_of(engine, context_, name);
    console.info("{} has format {}: {}, strides {}{}, {} bytes.", name, to_text(engine.getTensorFormat(name)),
                 engine.getTensorFormatDesc(name), to_text(placement.strides),
                 placement.components > 1 ? fmt::format(" of {} components", placement.components) : "", tensor.size);
  }
  if (!context_.setTensorAddress(name, (tensor.device ? tensor.device : tensor.host)->data())) throw Reported();
  return tensor;
}

void Bindings::upload(tenon::Stream stream) const {
  for (const Tensor& tensor : tensors_)
    if (tensor.is_input && tensor.device) copy(stream, tensor.device->data(), tensor.host->data(), tensor.size);
}

void Bindings::download(tenon::Stream stream) const {
  for (const Tensor& tensor : tensors_)
    if (!tensor.is_input && tensor.device) copy(stream, tensor.host->data(), tensor.device->data(), tensor.size);
}

void Bindings::set_input(const std::string& name, const void* data, tenon::Stream stream) const {
  for (const Tensor& tensor : tensors_) {
    if (tensor.name != name) continue;
    const Placement placement = placement_of(engine_, context_, name);
    const size_t element = getSize(tensor.type);
    if (!is_linear(placement)) {
      const auto count = static_cast<size_t>(count_elements(name, placement.dims));
      place({static_cast<const std::byte*>(data), count * element}, tensor.bytes(), placement, element);
      if (tensor.device) copy(stream, tensor.device->data(), tensor.host->data(), tensor.size);
      return;
    }
    if (tensor.device || tensor.managed)
      copy(stream, (tensor.device ? tensor.device : tensor.host)->data(), data, tensor.size);
    else if (!context_.setInputTensorAddress(name.c_str(), data))
      throw Reported();
  }
}

void Bindings::fill_input(Tensor& tensor, const ICudaEngine& engine, const InferenceOptions& options,
                          Console& console) {
  const std::span<std::byte> bytes = tensor.bytes();
  for (const auto& [name, path] : options.inputs) {
    if (name != tensor.name) continue;
    const std::vector<char> content = read_file("--loadInputs", path);
    const Placement placement = placement_of(engine, context_, name);
    const size_t size = getSize(tensor.type);
    // Dense values are put where the format has them.
    if (content.size() != tensor.size &&
        content.size() == static_cast<size_t>(count_elements(name, placement.dims)) * size) {
      place(std::as_bytes(std::span(content)), bytes, placement, size);
      console.info("Using values loaded from {} for input {}, put into its format", path, name);
      return;
    }
    if (content.size() != tensor.size)
      throw Failure("--loadInputs: '{}' has {} bytes, but input '{}' ({}, {}) needs {}", path, content.size(), name,
                    to_text(context_.getTensorShape(name.c_str())), to_text(tensor.type), tensor.size);
    std::memcpy(bytes.data(), content.data(), content.size());
    console.info("Using values loaded from {} for input {}", path, name);
    return;
  }
  if (engine.isShapeInferenceIO(tensor.name.c_str()) && fill_shape_values(bytes, tensor.name, engine, options)) return;
  std::mt19937 random(static_cast<uint32_t>(tensors_.size()));
  fill_random(bytes, tensor.type, random);
  console.info("Using random values for input {}", tensor.name);
}

std::vector<NamedValues> Bindings::collect(bool outputs_only, bool linear) const {
  std::vector<NamedValues> list;
  for (const Tensor& tensor : tensors_) {
    if (tensor.is_input && outputs_only) continue;
    NamedValues values = {tensor.name, context_.getTensorShape(tensor.name.c_str()), tensor.type, {}};
    size_t size = tensor.size;
    if (!is_dynamic(values.dims))
      size = std::min(size, static_cast<size_t>(count_elements(tensor.name, values.dims)) * getSize(tensor.type));
    const Placement placement = placement_of(engine_, context_, tensor.name);
    if (!is_dynamic(values.dims) && !is_linear(placement)) {
      size = static_cast<size_t>(room_of(placement)) * getSize(tensor.type);
      if (linear) {
        values.owned = std::make_shared<const std::vector<std::byte>>(
            linear_from(tensor.bytes().first(size), placement, getSize(tensor.type)));
        values.bytes = *values.owned;
        list.push_back(std::move(values));
        continue;
      }
    }
    values.bytes = tensor.bytes().first(size);
    list.push_back(std::move(values));
  }
  return list;
}

size_t Bindings::device_bytes() const {
  size_t bytes = 0;
  for (const Tensor& tensor : tensors_) bytes += tensor.device ? tensor.device->size() : 0;
  return bytes;
}

bool Bindings::is_input(const std::string& name) const {
  return std::any_of(tensors_.begin(), tensors_.end(),
                     [&](const Tensor& tensor) { return tensor.name == name && tensor.is_input; });
}

}  // namespace tenonexec
