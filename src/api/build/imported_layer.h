// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/build/layer.h"

namespace tn::api {

/// A node of an imported graph, to be looked at.
class ImportedLayer final : public Layer<tenon::ILayer> {
 public:
  ImportedLayer(Network& owner, const Node& node);
  void setName(char const*) noexcept override;
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(output_ids_.size()); }
  tenon::ITensor* getOutput(int32_t index) const noexcept override;
  void setInput(int32_t, tenon::ITensor&) noexcept override;
  std::vector<TensorId> lower(Lowering&) const override { return output_ids_; }
  std::vector<TensorId> imported_outputs() const override { return output_ids_; }

 private:
  std::vector<TensorId> output_ids_;
};

}  // namespace tn::api
