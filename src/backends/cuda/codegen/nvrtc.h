// SPDX-License-Identifier: Apache-2.0
// NVIDIA's compiler of CUDA C++ texts, opened while running; nothing of it is needed to build Tenon.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/os/library.h"

namespace tn::cuda {

/// Thread-safe: texts compile side by side.
class Nvrtc {
 public:
  /// Opened on first use. Throws Error(NotFound) telling what to install.
  static const Nvrtc& get();

  /// "13.0"
  const std::string& version() const { return version_; }

  /// Whether it compiles for "sm_90", "sm_90a" and the like.
  bool knows(const std::string& architecture) const;

  struct Compiled {
    bool ok = false;
    std::vector<std::byte> image;  ///< a cubin; empty unless ok
    std::string log;               ///< the compiler's; with what each function uses of registers and memory
  };
  /// Compiles for "sm_90" and the like.
  Compiled compile(const std::string& source, const std::string& name, const std::string& architecture) const;

 private:
  using Program = struct ProgramTag*;
  Nvrtc();
  void check(int result, const char* call) const;

  SharedLibrary library_;
  std::string version_;
  const char* (*error_string_)(int);
  int (*create_)(Program*, const char* source, const char* name, int headers, const char* const* texts,
                 const char* const* names);
  int (*destroy_)(Program*);
  int (*compile_)(Program, int options, const char* const* texts);
  int (*image_size_)(Program, size_t*);
  int (*image_)(Program, char*);
  int (*log_size_)(Program, size_t*);
  int (*log_)(Program, char*);
};

/// What a compiled function takes of a multiprocessor.
struct FunctionResources {
  int registers = 0;     ///< per thread
  int stack_bytes = 0;   ///< per thread
  int spill_bytes = 0;   ///< stored and loaded, per thread
  int shared_bytes = 0;  ///< static
};

/// The name under which an architecture is compiled for with all that it has, also what later ones lack: "sm_90a" for
/// "sm_90", since wgmma is among it.
std::string with_own_features(const std::string& architecture);

/// From the log of a compilation. Throws Error(NotFound) if it does not tell about `entry`.
FunctionResources resources_in(const std::string& log, const std::string& entry);

}  // namespace tn::cuda
