// SPDX-License-Identifier: Apache-2.0
#include "fuzz/target.h"

#include <cstdio>
#include <cstdlib>

#include "base/error.h"

// A file may ask for more memory than there is: that must fail as malloc does. Machine code made at run time does not
// go with a stack that lies elsewhere.
extern "C" const char* __asan_default_options();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier)
  return "allocator_may_return_null=1:detect_stack_use_after_return=0";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    tn::test::read_input(std::as_bytes(std::span(data, size)));
  } catch (const tn::Error& error) {
    if (error.code() == tn::ErrorCode::Internal || *error.what() == '\0') {
      std::fprintf(stderr, "an error that is no answer: '%s'\n", error.what());
      std::abort();
    }
  }
  return 0;
}
