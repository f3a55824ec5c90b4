// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tenon/interfaces.h"

namespace tn::api {

class HostMemory final : public tenon::IHostMemory {
 public:
  explicit HostMemory(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  void* data() const noexcept override { return const_cast<std::byte*>(bytes_.data()); }
  std::size_t size() const noexcept override { return bytes_.size(); }
  tenon::DataType type() const noexcept override { return tenon::DataType::kINT8; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace tn::api
