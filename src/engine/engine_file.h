// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/os/file.h"
#include "device/buffer.h"
#include "engine/plan.h"

namespace tn {

/// Version of the container and of plan.fbs. An engine of another version is refused by name.
inline constexpr uint32_t kEngineFormat = 1;

/// Bytes of an engine file: header, section table, plan, then weights aligned to 4 KiB.
std::vector<std::byte> write_engine(const plan::PlanT& plan, std::span<const std::byte> weights);

/// A verified engine. Weights, aligned to 64 bytes, lie in the mapped file or in a copy of the bytes it was made from,
/// if from_plan did not say where.
class EngineFile {
 public:
  EngineFile();
  ~EngineFile();
  /// Throws Error(InvalidEngine) saying what is wrong: not an engine, another version, truncated, damaged, a feature of
  /// the plan out of range.
  static std::shared_ptr<const EngineFile> load(const std::filesystem::path& path);
  static std::shared_ptr<const EngineFile> from_bytes(std::span<const std::byte> bytes);
  /// An engine that was never a file. The weights, aligned to 64 bytes, stay where they are and must outlive it.
  static std::shared_ptr<const EngineFile> from_plan(plan::PlanT plan, std::span<const std::byte> weights);

  const plan::PlanT& plan() const { return *plan_; }
  std::span<const std::byte> weights() const { return weights_; }

 private:
  void parse(std::span<const std::byte> bytes);
  MappedFile file_;
  HostBuffer owned_;
  std::unique_ptr<plan::PlanT> plan_;
  std::span<const std::byte> weights_;
};

/// The version of the Tenon that made an engine, from its first 64 bytes or more. Throws Error(InvalidEngine).
std::string engine_producer(std::span<const std::byte> bytes);

/// Checks every index and size in a plan, so that running it cannot leave its buffers. Throws Error(InvalidEngine).
void verify_plan(const plan::PlanT& plan, size_t weights_bytes);

}  // namespace tn
