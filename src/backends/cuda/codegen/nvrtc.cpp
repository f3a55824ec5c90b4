// SPDX-License-Identifier: Apache-2.0
#include "backends/cuda/codegen/nvrtc.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace tn::cuda {
namespace {

constexpr int kSuccess = 0, kCompilationError = 6;

constexpr std::array kNames = {"libnvrtc.so.13",
                               "libnvrtc.so.12",
                               "libnvrtc.so",
                               "/usr/local/cuda/lib64/libnvrtc.so.13",
                               "/usr/local/cuda/lib64/libnvrtc.so.12",
                               "/usr/local/cuda/lib64/libnvrtc.so"};

SharedLibrary open() {
  try {
    return SharedLibrary(kNames);
  } catch (const Error& error) {
    throw Error(ErrorCode::NotFound, "{}; building for CUDA needs NVRTC of the CUDA toolkit 12 or 13", error.what());
  }
}

// The number before `unit`, which must follow it directly: "24 bytes stack frame".
int number_before(std::string_view text, std::string_view unit) {
  const size_t end = text.find(unit);
  if (end == std::string_view::npos) return 0;
  size_t begin = end;
  while (begin > 0 && text[begin - 1] >= '0' && text[begin - 1] <= '9') --begin;
  int number = 0;
  std::from_chars(text.data() + begin, text.data() + end, number);
  return number;
}

}  // namespace

const Nvrtc& Nvrtc::get() {
  static const Nvrtc nvrtc;
  return nvrtc;
}

Nvrtc::Nvrtc()
    : library_(open()),
      error_string_(library_.function<decltype(error_string_)>("nvrtcGetErrorString")),
      create_(library_.function<decltype(create_)>("nvrtcCreateProgram")),
      destroy_(library_.function<decltype(destroy_)>("nvrtcDestroyProgram")),
      compile_(library_.function<decltype(compile_)>("nvrtcCompileProgram")),
      image_size_(library_.function<decltype(image_size_)>("nvrtcGetCUBINSize")),
      image_(library_.function<decltype(image_)>("nvrtcGetCUBIN")),
      log_size_(library_.function<decltype(log_size_)>("nvrtcGetProgramLogSize")),
      log_(library_.function<decltype(log_)>("nvrtcGetProgramLog")) {
  int major = 0, minor = 0;
  check(library_.function<int (*)(int*, int*)>("nvrtcVersion")(&major, &minor), "nvrtcVersion");
  version_ = fmt::format("{}.{}", major, minor);
}

bool Nvrtc::knows(const std::string& architecture) const {
  int count = 0;
  check(library_.function<int (*)(int*)>("nvrtcGetNumSupportedArchs")(&count), "nvrtcGetNumSupportedArchs");
  std::vector<int> known(static_cast<size_t>(count));
  check(library_.function<int (*)(int*)>("nvrtcGetSupportedArchs")(known.data()), "nvrtcGetSupportedArchs");
  return std::any_of(known.begin(), known.end(), [&](int number) {
    const std::string name = fmt::format("sm_{}", number);
    return architecture == name || architecture == name + "a";
  });
}

void Nvrtc::check(int result, const char* call) const {
  if (result == kSuccess) return;
  throw Error(ErrorCode::Internal, "{} of NVRTC {} fails: {}", call, version_, error_string_(result));
}

Nvrtc::Compiled Nvrtc::compile(const std::string& source, const std::string& name,
                               const std::string& architecture) const {
  Program program = nullptr;
  check(create_(&program, source.c_str(), (name + ".cu").c_str(), 0, nullptr, nullptr), "nvrtcCreateProgram");
  const auto destroy = [this](Program* made) { destroy_(made); };
  const std::unique_ptr<Program, decltype(destroy)> owner(&program, destroy);

  const std::string target = "--gpu-architecture=" + architecture;
  const std::array options = {target.c_str(), "-std=c++17", "--ptxas-options=-v"};
  const int result = compile_(program, static_cast<int>(options.size()), options.data());
  Compiled compiled;
  size_t size = 0;
  check(log_size_(program, &size), "nvrtcGetProgramLogSize");
  compiled.log.resize(size);
  check(log_(program, compiled.log.data()), "nvrtcGetProgramLog");
  while (!compiled.log.empty() && compiled.log.back() == '\0') compiled.log.pop_back();
  if (result == kCompilationError) return compiled;
  if (result != kSuccess) {
    // An architecture that this version does not know, for one.
    compiled.log += error_string_(result);
    return compiled;
  }
  check(image_size_(program, &size), "nvrtcGetCUBINSize");
  compiled.image.resize(size);
  check(image_(program, reinterpret_cast<char*>(compiled.image.data())), "nvrtcGetCUBIN");
  compiled.ok = true;
  return compiled;
}

std::string with_own_features(const std::string& architecture) {
  return architecture == "sm_90" ? "sm_90a" : architecture;
}

// ptxas info    : Compiling entry function 'scale' for 'sm_90'
// ptxas info    : Function properties for scale
//     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
// ptxas info    : Used 10 registers, used 0 barriers, 16 bytes smem
FunctionResources resources_in(const std::string& log, const std::string& entry) {
  const std::string_view text = log;
  const size_t begin = text.find(fmt::format("entry function '{}'", entry));
  if (begin == std::string_view::npos)
    throw Error(ErrorCode::NotFound, "the compiler's log does not tell what '{}' uses:\n{}", entry, log);
  const size_t next = text.find("entry function '", begin + 1);
  const std::string_view part = text.substr(begin, next == std::string_view::npos ? next : next - begin);
  FunctionResources resources;
  resources.registers = number_before(part, " registers");
  resources.stack_bytes = number_before(part, " bytes stack frame");
  resources.spill_bytes = number_before(part, " bytes spill stores") + number_before(part, " bytes spill loads");
  resources.shared_bytes = number_before(part, " bytes smem");
  return resources;
}

}  // namespace tn::cuda
