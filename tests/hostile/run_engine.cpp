// SPDX-License-Identifier: Apache-2.0
#include "hostile/run_engine.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/try_engine.h"

namespace tn::test {

int load_and_run(const Bytes& bytes, const std::string& what) {
  int runs = 0;
  try {
    for (const Status& status : try_engine(bytes)) {
      EXPECT_TRUE(status.ok() || !status.message().empty()) << what;
      runs += status.ok() ? 1 : 0;
    }
  } catch (const Error& error) {
    EXPECT_NE(error.what(), std::string()) << what;
  } catch (const std::exception& error) {
    ADD_FAILURE() << what << ": " << error.what();
  }
  return runs;
}

}  // namespace tn::test
