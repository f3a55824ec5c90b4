// SPDX-License-Identifier: Apache-2.0
#include "backends/cpu/device/kernels.h"
#include "ops/reference/reference.h"

namespace tn::cpu {
namespace {

class ReferenceAdapter final : public Kernel {
 public:
  explicit ReferenceAdapter(ops::ReferenceKernel kernel) : kernel_(std::move(kernel)) {}
  Status bind(std::span<const TensorView>, std::span<const TensorView>) noexcept override { return {}; }
  Status run(const KernelArguments& arguments) noexcept override {
    try {
      kernel_(arguments.inputs, arguments.outputs);
    } catch (const Error& error) {
      return Status::failure(error);
    } catch (const std::exception& error) {
      return Status::failure(ErrorCode::Internal, "{}", error.what());
    }
    return {};
  }

 private:
  ops::ReferenceKernel kernel_;
};

class ExtentsKernel final : public Kernel {
 public:
  struct Source {
    uint32_t output, axis;
  };
  ExtentsKernel(ops::ExtentFunction extents, size_t outputs, std::vector<Source> sources)
      : extents_(std::move(extents)), shapes_(outputs), sources_(std::move(sources)) {}
  Status bind(std::span<const TensorView>, std::span<const TensorView>) noexcept override { return {}; }
  Status run(const KernelArguments& arguments) noexcept override {
    try {
      std::fill(shapes_.begin(), shapes_.end(), Shape{});
      extents_(arguments.inputs, shapes_);
      for (size_t i = 0; i < sources_.size(); ++i) {
        const Shape& shape = shapes_[sources_[i].output];
        if (static_cast<int>(sources_[i].axis) >= shape.rank() || i >= arguments.defined.size()) {
          return Status::failure(ErrorCode::Internal, "a result of rank {}", shape.rank());
        }
        arguments.defined[i] = shape[static_cast<int>(sources_[i].axis)];
      }
    } catch (const Error& error) {
      return Status::failure(error);
    } catch (const std::exception& error) {
      return Status::failure(ErrorCode::Internal, "{}", error.what());
    }
    return {};
  }

 private:
  ops::ExtentFunction extents_;
  std::vector<Shape> shapes_;
  std::vector<Source> sources_;
};

const ops::ReferenceEntry& entry_of(const std::string& name) {
  const ops::ReferenceEntry* entry = ops::find_reference(name);
  if (!entry) throw Error(ErrorCode::InvalidEngine, "this runtime has no reference of operator '{}'", name);
  return *entry;
}

}  // namespace

KernelPtr create_extents(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const ops::ReferenceEntry& entry = entry_of(reader.get_text());
  if (!entry.make_extents) throw Error(ErrorCode::InvalidEngine, "operator '{}' has no extents of its own", entry.name);
  auto extents = entry.make_extents(reader.get_bytes());
  const auto outputs = reader.get<uint32_t>();
  std::vector<ExtentsKernel::Source> sources;
  while (!reader.done()) {
    const auto output = reader.get<uint32_t>(), axis = reader.get<uint32_t>();
    if (output >= outputs || outputs > 64) throw Error(ErrorCode::InvalidEngine, "output {} of {}", output, outputs);
    sources.push_back({output, axis});
  }
  return std::make_unique<ExtentsKernel>(std::move(extents), outputs, std::move(sources));
}

KernelPtr create_reference(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const ops::ReferenceEntry& entry = entry_of(reader.get_text());
  return std::make_unique<ReferenceAdapter>(entry.make(reader.get_bytes()));
}

}  // namespace tn::cpu
