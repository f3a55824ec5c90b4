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

}  // namespace

KernelPtr create_reference(const KernelSpec& spec) {
  ByteReader reader(spec.parameters);
  const std::string name = reader.get_text();
  const ops::ReferenceEntry* entry = ops::find_reference(name);
  if (!entry) throw Error(ErrorCode::InvalidEngine, "this runtime has no reference of operator '{}'", name);
  return std::make_unique<ReferenceAdapter>(entry->make(reader.get_bytes()));
}

}  // namespace tn::cpu
