// SPDX-License-Identifier: Apache-2.0
// Building through the C interface.
#include "api/run/c_api.h"

#include "base/os/file.h"
#include "builder/builder.h"
#include "dataset/preprocess.h"
#include "tuning/timing_cache.h"

namespace tn::api {
namespace {

class CLogger final : public Logger {
 public:
  CLogger(tenon_log_function function, void* user) : function_(function), user_(user) {}
  void write(Severity severity, std::string_view message) noexcept override {
    if (!function_) return;
    try {
      function_(static_cast<int>(severity), std::string(message).c_str(), user_);
    } catch (...) {
      function_(static_cast<int>(severity), "out of memory while writing a message", user_);
    }
  }

 private:
  tenon_log_function function_;
  void* user_;
};

Shape shape_of(const tenon_dims& dims, const char* name) {
  if (dims.rank < 0 || dims.rank > TENON_MAX_DIMS)
    throw Error(ErrorCode::InvalidArgument, "input '{}': {} dimensions", name, dims.rank);
  return Shape(std::span(dims.d, static_cast<size_t>(dims.rank)));
}

BuilderConfig config_of(const tenon_build_options& options) {
  BuilderConfig config;
  config.fp16 = options.fp16 != 0;
  config.bf16 = options.bf16 != 0;
  config.threads = options.cpu_threads;
  config.timing = options.optimization_level > 0;
  if (options.preprocess && *options.preprocess) config.preprocess = to_string(parse_preprocess(options.preprocess));
  if (options.range_count > 0) {
    OptimizationProfile& profile = config.profiles.emplace_back();
    const tenon_shape_range* ranges = &not_null(options.ranges, "the list of ranges");
    for (const tenon_shape_range& range : std::span(ranges, static_cast<size_t>(options.range_count))) {
      const char* name = &not_null(range.name, "the name of a range");
      profile[name] = {shape_of(range.min, name), shape_of(range.opt, name), shape_of(range.max, name)};
    }
  }
  return config;
}

std::vector<std::byte> build(const char* onnx_file, const tenon_build_options* given) {
  tenon_build_options options;
  tenon_build_options_init(&options);
  if (given && given->struct_size != sizeof options) {
    throw Error(ErrorCode::InvalidArgument, "the options have {} bytes, not {}: call tenon_build_options_init first",
                given->struct_size, sizeof options);
  }
  if (given) options = *given;
  CLogger logger(options.log, options.log_user);
  const std::string cache_file = options.timing_cache_file ? options.timing_cache_file : "";
  TimingCache cache;
  if (!cache_file.empty()) cache = load_timing_cache(cache_file, logger);
  auto plan = build_engine(read_onnx(&not_null(onnx_file, "the path of the model")), config_of(options), logger, cache);
  if (!cache_file.empty()) save_timing_cache(cache_file, cache, logger);
  return plan;
}

}  // namespace
}  // namespace tn::api

using namespace tn::api;

void tenon_build_options_init(tenon_build_options* options) {
  if (!options) return;
  *options = {};
  options->struct_size = sizeof *options;
  options->optimization_level = 3;
}

tenon_status tenon_build_onnx(const char* onnx_file, const tenon_build_options* options, tenon_blob** plan) {
  return c_guard([&] {
    not_null(plan, "the place for the plan") = nullptr;
    *plan = new tenon_blob{build(onnx_file, options)};
  });
}

tenon_status tenon_build_onnx_to_file(const char* onnx_file, const tenon_build_options* options,
                                      const char* engine_file) {
  return c_guard([&] {
    const char* path = &not_null(engine_file, "the path of the engine");
    tn::write_file_atomically(path, std::span<const std::byte>(build(onnx_file, options)));
  });
}
