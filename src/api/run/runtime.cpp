// SPDX-License-Identifier: Apache-2.0
#include "tenon/runtime.h"

#include <charconv>

#include "api/run/engine.h"
#include "api/run/guard.h"

namespace tn::api {
namespace {

class PublicRuntime final : public tenon::IRuntime {
 public:
  explicit PublicRuntime(tenon::ILogger& logger) : logger_(logger) {}
  tenon::ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept override {
    return guard<tenon::ICudaEngine*>(logger_, nullptr, [&] {
      const auto* bytes = &not_null(static_cast<const std::byte*>(blob), "the engine");
      return new PublicEngine(EngineFile::from_bytes({bytes, bytes + size}), logger_.target(), device_);
    });
  }
  tenon::ICudaEngine* deserializeCudaEngineFromFile(char const* path) noexcept override {
    return guard<tenon::ICudaEngine*>(logger_, nullptr, [&] {
      auto file = EngineFile::load(&not_null(path, "the path"));
      try {
        return new PublicEngine(std::move(file), logger_.target(), device_);
      } catch (const Error& error) {
        throw error.within(path);
      }
    });
  }
  tenon::ILogger* getLogger() const noexcept override { return &logger_.target(); }
  bool setDevice(int32_t index) noexcept override {
    return guard(logger_, false, [&] {
      if (index < 0) throw Error(ErrorCode::InvalidArgument, "device {}: numbers begin at 0", index);
      device_ = index;
      return true;
    });
  }
  int32_t getDevice() const noexcept override { return device_; }

 private:
  PublicLogger logger_;
  int32_t device_ = 0;
};

// Reads "Tenon 0.1.0".
bool parse_version(std::string_view text, int32_t (&parts)[3]) {
  constexpr std::string_view kMaker = "Tenon ";
  if (!text.starts_with(kMaker)) return false;
  text.remove_prefix(kMaker.size());
  for (int32_t& part : parts) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), part);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return true;
}

}  // namespace
}  // namespace tn::api

namespace tenon {

IRuntime* createInferRuntime(ILogger& logger) noexcept {
  tn::api::PublicLogger inside(logger);
  return tn::api::guard<IRuntime*>(inside, nullptr, [&] { return new tn::api::PublicRuntime(logger); });
}

bool getPlanVersion(void const* blob, std::size_t size, int32_t& major, int32_t& minor, int32_t& patch) noexcept {
  tn::SilentLogger silent;
  return tn::api::guard(silent, false, [&] {
    int32_t parts[3] = {};
    const auto* bytes = &tn::api::not_null(static_cast<const std::byte*>(blob), "the plan");
    if (!tn::api::parse_version(tn::engine_producer({bytes, size}), parts)) return false;
    major = parts[0], minor = parts[1], patch = parts[2];
    return true;
  });
}

int32_t getInferLibVersion() noexcept {
  return TENON_VERSION;
}

}  // namespace tenon
