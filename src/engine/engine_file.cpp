// SPDX-License-Identifier: Apache-2.0
#include "engine/engine_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/error.h"
#include "base/hash.h"
#include "engine/plan_buffer.h"
#include "engine/plan_generated.h"

namespace tn {
namespace {

constexpr std::array<char, 8> kMagic = {'T', 'E', 'N', 'O', 'N', 'E', 'N', 'G'};
constexpr size_t kPlanAlignment = 16, kWeightsAlignment = 4096;

enum SectionId : uint32_t { kPlanSection = 1, kWeightsSection = 2 };

struct Section {
  uint32_t id = 0, reserved = 0;
  uint64_t offset = 0, bytes = 0, checksum = 0;
};

struct Header {
  std::array<char, 8> magic = kMagic;
  uint32_t format = kEngineFormat;
  uint32_t sections = 2;
  std::array<char, 32> producer{};
  std::array<Section, 2> table{};
};

uint64_t checksum(std::span<const std::byte> bytes) {
  return hash_bytes(bytes).low;
}

std::span<const std::byte> section(std::span<const std::byte> file, const Section& entry, uint32_t id,
                                   const char* what) {
  if (entry.id != id || entry.offset > file.size() || entry.bytes > file.size() - entry.offset) {
    throw Error(ErrorCode::InvalidEngine, "the engine is truncated or damaged: its {} lies outside the file", what);
  }
  const auto bytes = file.subspan(entry.offset, entry.bytes);
  if (checksum(bytes) != entry.checksum) {
    throw Error(ErrorCode::InvalidEngine, "the engine is damaged: the checksum of its {} is wrong; build it again",
                what);
  }
  return bytes;
}

Header read_header(std::span<const std::byte> bytes) {
  Header header;
  if (bytes.size() < sizeof(Header))
    throw Error(ErrorCode::InvalidEngine, "not a Tenon engine: only {} bytes", bytes.size());
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != kMagic)
    throw Error(ErrorCode::InvalidEngine, "not a Tenon engine: the file begins with other bytes");
  return header;
}

}  // namespace

std::vector<std::byte> write_engine(const plan::PlanT& plan, std::span<const std::byte> weights) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(plan::CreatePlan(builder, &plan));
  const auto metadata = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  Header header;
  plan.producer.copy(header.producer.data(), header.producer.size() - 1);
  const size_t plan_offset = sizeof(Header);
  const size_t weights_offset =
      (plan_offset + metadata.size() + kWeightsAlignment - 1) / kWeightsAlignment * kWeightsAlignment;
  header.table[0] = {kPlanSection, 0, plan_offset, metadata.size(), checksum(metadata)};
  header.table[1] = {kWeightsSection, 0, weights_offset, weights.size(), checksum(weights)};
  std::vector<std::byte> bytes(weights_offset + weights.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + plan_offset, metadata.data(), metadata.size());
  if (!weights.empty()) std::memcpy(bytes.data() + weights_offset, weights.data(), weights.size());
  return bytes;
}

EngineFile::EngineFile() : plan_(std::make_unique<plan::PlanT>()) {}
EngineFile::~EngineFile() = default;

std::shared_ptr<const EngineFile> EngineFile::load(const std::filesystem::path& path) {
  auto engine = std::make_shared<EngineFile>();
  engine->file_ = MappedFile(path);
  try {
    engine->parse(engine->file_.bytes());
  } catch (const Error& error) {
    throw error.within(path.string());
  }
  return engine;
}

std::shared_ptr<const EngineFile> EngineFile::from_bytes(std::span<const std::byte> bytes) {
  auto engine = std::make_shared<EngineFile>();
  engine->owned_ = HostBuffer(bytes.size(), "an engine");
  std::copy(bytes.begin(), bytes.end(), engine->owned_.data());
  engine->parse(engine->owned_.span());
  return engine;
}

std::shared_ptr<const EngineFile> EngineFile::from_plan(plan::PlanT plan, std::span<const std::byte> weights) {
  verify_plan(plan, weights.size());
  auto engine = std::make_shared<EngineFile>();
  *engine->plan_ = std::move(plan);
  engine->weights_ = weights;
  return engine;
}

void EngineFile::parse(std::span<const std::byte> bytes) {
  const Header header = read_header(bytes);
  if (header.format != kEngineFormat) {
    throw Error(ErrorCode::InvalidEngine, "the engine has format {}, this Tenon reads format {}; build it again",
                header.format, kEngineFormat);
  }
  if (header.sections != 2)
    throw Error(ErrorCode::InvalidEngine, "the engine lists {} sections, 2 are needed", header.sections);
  const auto metadata = section(bytes, header.table[0], kPlanSection, "plan");
  weights_ = section(bytes, header.table[1], kWeightsSection, "weights");
  if (header.table[1].offset % kWeightsAlignment != 0) {
    throw Error(ErrorCode::InvalidEngine, "the engine's weights are not aligned to {} bytes", kWeightsAlignment);
  }
  const auto* data = reinterpret_cast<const uint8_t*>(metadata.data());
  constexpr uint32_t kDeepest = 64, kSmallestTable = 8;
  flatbuffers::Verifier verifier(data, metadata.size(), kDeepest,
                                 static_cast<uint32_t>(std::min<size_t>(metadata.size() / kSmallestTable, UINT32_MAX)));
  if (metadata.size() < 8 || header.table[0].offset % kPlanAlignment != 0 || !plan::VerifyPlanBuffer(verifier) ||
      !plan::is_plain(*plan::GetPlan(data), metadata.size())) {
    throw Error(ErrorCode::InvalidEngine, "the engine's plan is malformed");
  }
  plan::GetPlan(data)->UnPackTo(plan_.get());
  verify_plan(*plan_, weights_.size());
}

std::string engine_producer(std::span<const std::byte> bytes) {
  constexpr size_t kHead = offsetof(Header, table);
  if (bytes.size() < kHead) throw Error(ErrorCode::InvalidEngine, "not a Tenon engine: only {} bytes", bytes.size());
  std::vector<std::byte> head(sizeof(Header));
  std::copy_n(bytes.begin(), kHead, head.begin());
  const Header header = read_header(head);
  return {header.producer.data(), strnlen(header.producer.data(), header.producer.size())};
}

}  // namespace tn
