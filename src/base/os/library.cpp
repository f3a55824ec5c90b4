// SPDX-License-Identifier: Apache-2.0
#include "base/os/library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace tn {

SharedLibrary::SharedLibrary(std::span<const char* const> names) {
  std::string reason = "no name given";
  for (const char* name : names) {
    handle_ = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle_) {
      name_ = name;
      return;
    }
    const char* text = ::dlerror();
    // The first name is the one to ask for; a later one tells more only if it was found and did not open.
    if (name == names.front()) reason = text ? text : "unknown reason";
  }
  throw Error(ErrorCode::NotFound, "cannot open the library {}: {}", names.empty() ? "" : names.front(), reason);
}

void* SharedLibrary::find(const char* symbol) const noexcept {
  return ::dlsym(handle_, symbol);
}

void* SharedLibrary::get(const char* symbol) const {
  void* found = find(symbol);
  if (!found) throw Error(ErrorCode::NotFound, "the library {} has no function {}", name_, symbol);
  return found;
}

}  // namespace tn
