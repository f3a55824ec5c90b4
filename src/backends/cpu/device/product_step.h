// SPDX-License-Identifier: Apache-2.0
// Parameters of steps with matrix products, as a plan stores them; shared by tactics (which write them) and kernels.
#pragma once

#include "backends/cpu/device/requirements.h"
#include "backends/cpu/kernels/epilogue.h"
#include "backends/cpu/kernels/product/tile.h"
#include "base/fields.h"
#include "device/kernel.h"

namespace tn::cpu {

/// Operands of such a step: inputs are A or X, packed weights u8 (or B), bias f32 or absent, residual or absent.
inline constexpr size_t kDataInput = 0, kWeightInput = 1, kBiasInput = 2, kResidualInput = 3, kProductInputs = 4;

/// The part of Epilogue that does not depend on addresses.
struct EpilogueStep {
  int64_t activation = 0;
  double alpha = 0, beta = 0;
  bool residual_after_activation = false;
  template <typename V>
  void fields(V& v) {
    v("activation", activation);
    v("alpha", alpha);
    v("beta", beta);
    v("residual_after_activation", residual_after_activation);
  }
  /// Throws Error(InvalidEngine) for an unknown activation.
  Epilogue epilogue() const;
};

template <typename V>
void extent_field(V& v, std::string_view name, Extent& extent) {
  std::vector<int64_t> values(extent.begin(), extent.end());
  v(name, values);
  if (values.size() != extent.size()) throw Error(ErrorCode::InvalidEngine, "'{}' has {} entries", name, values.size());
  std::copy(values.begin(), values.end(), extent.begin());
}

template <typename V>
void tile_fields(V& v, TileShape& tile) {
  auto rows = static_cast<int64_t>(tile.rows), vectors = static_cast<int64_t>(tile.vectors);
  v("tile_rows", rows);
  v("tile_vectors", vectors);
  tile = {static_cast<int>(rows), static_cast<int>(vectors)};
}

template <typename V>
void isa_field(V& v, Isa& isa) {
  auto value = static_cast<int64_t>(isa);
  v("isa", value);
  isa = static_cast<Isa>(value);
}

/// What a kernel does behind its sums: holds the Epilogue and checks its operands.
class EpilogueOperands {
 public:
  /// Throws Error(InvalidEngine) unless the step has a product's operands, with a bias of f32 and a residual of a float
  /// type and the result's rank, if any.
  EpilogueOperands(const EpilogueStep& step, const KernelSpec& spec);
  bool has_residual() const noexcept { return has_residual_; }
  /// Fails unless the bias is [channels] and the residual has the result's shape.
  Status bind(std::span<const TensorView> inputs, const TensorView& result, int64_t channels) noexcept;
  void set_residual_strides(const ImageStrides& strides) noexcept { epilogue_.residual_strides = strides; }
  /// With the addresses of a run.
  const Epilogue& of(const KernelArguments& arguments) noexcept;

 private:
  Epilogue epilogue_;
  bool has_bias_, has_residual_;
};

/// Throws Error(InvalidEngine) if the set is not among these, which this processor has.
void require_isa(Isa isa, std::span<const Isa> have = available_isas());
/// Whether there is such a tile for operands of `type`.
bool has_tile(Isa isa, DataType type, const TileShape& tile);

}  // namespace tn::cpu
