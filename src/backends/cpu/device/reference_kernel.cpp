// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backends/cpu/device/kernels.h"
#include "ops/reference/reference.h"

namespace tn::cpu {
namespace {

// References trust shapes and attributes; what keeps them from other memory is the bounds of their operands.
std::span<const TensorView> bounded(std::span<const TensorView> views, std::vector<TensorView>& room) noexcept {
  std::transform(views.begin(), views.end(), room.begin(), [](const TensorView& view) { return view.bounded(); });
  return room;
}

// What references throw.
template <typename Body>
Status status_of(const Body& body) noexcept {
  try {
    body();
    return {};
  } catch (const Error& error) {
    return Status::failure(error);
  } catch (const std::exception& error) {
    return Status::failure(ErrorCode::Internal, "{}", error.what());
  }
}

class ReferenceAdapter final : public Kernel {
 public:
  ReferenceAdapter(ops::ReferenceKernel kernel, const KernelSpec& spec)
      : kernel_(std::move(kernel)), inputs_(spec.inputs.size()), outputs_(spec.outputs.size()) {}
  Status bind(std::span<const TensorView>, std::span<const TensorView>) noexcept override { return {}; }
  Status run(const KernelArguments& arguments) noexcept override {
    return status_of([&] { kernel_(bounded(arguments.inputs, inputs_), bounded(arguments.outputs, outputs_)); });
  }

 private:
  ops::ReferenceKernel kernel_;
  std::vector<TensorView> inputs_, outputs_;
};

class ExtentsKernel final : public Kernel {
 public:
  struct Source {
    uint32_t output, axis;
  };
  ExtentsKernel(ops::ExtentFunction extents, const KernelSpec& spec, size_t outputs, std::vector<Source> sources)
      : extents_(std::move(extents)), inputs_(spec.inputs.size()), shapes_(outputs), sources_(std::move(sources)) {}
  Status bind(std::span<const TensorView>, std::span<const TensorView>) noexcept override { return {}; }
  Status run(const KernelArguments& arguments) noexcept override {
    return status_of([&] {
      std::fill(shapes_.begin(), shapes_.end(), Shape{});
      extents_(bounded(arguments.inputs, inputs_), shapes_);
      for (size_t i = 0; i < sources_.size(); ++i) {
        const Shape& shape = shapes_[sources_[i].output];
        internal_check(static_cast<int>(sources_[i].axis) < shape.rank() && i < arguments.defined.size(),
                       "a result of rank {}", shape.rank());
        arguments.defined[i] = shape[static_cast<int>(sources_[i].axis)];
      }
    });
  }

 private:
  ops::ExtentFunction extents_;
  std::vector<TensorView> inputs_;
  std::vector<Shape> shapes_;
  std::vector<Source> sources_;
};

// Of the operator whose name comes next.
const ops::ReferenceEntry& read_entry(ByteReader& reader) {
  const std::string name = reader.get_text();
  const ops::ReferenceEntry* entry = ops::find_reference(name);
  require(entry != nullptr, "this runtime has no reference of operator '{}'", name);
  return *entry;
}

}  // namespace

KernelPtr create_extents(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const ops::ReferenceEntry& entry = read_entry(reader);
  require(entry.make_extents != nullptr, "operator '{}' has no extents of its own", entry.name);
  require(spec.inputs.size() >= entry.operands.inputs, "operator '{}' with {} inputs", entry.name, spec.inputs.size());
  auto extents = entry.make_extents(reader.get_bytes());
  const auto outputs = reader.get<uint32_t>();
  require(outputs >= entry.operands.outputs && outputs <= 64, "operator '{}' with {} outputs", entry.name, outputs);
  std::vector<ExtentsKernel::Source> sources;
  while (!reader.done()) {
    const auto output = reader.get<uint32_t>(), axis = reader.get<uint32_t>();
    require(output < outputs && axis < kMaxRank, "axis {} of output {} of {}", axis, output, outputs);
    sources.push_back({output, axis});
  }
  return std::make_unique<ExtentsKernel>(std::move(extents), spec, outputs, std::move(sources));
}

KernelPtr create_reference(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const ops::ReferenceEntry& entry = read_entry(reader);
  require(spec.inputs.size() >= entry.operands.inputs && spec.outputs.size() >= entry.operands.outputs,
          "operator '{}' with {} inputs and {} outputs", entry.name, spec.inputs.size(), spec.outputs.size());
  return std::make_unique<ReferenceAdapter>(entry.make(reader.get_bytes()), spec);
}

}  // namespace tn::cpu
