// SPDX-License-Identifier: Apache-2.0
#include "hostile/tally.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <span>

#include "base/error.h"
#include "builder/builder.h"
#include "ops/entry.h"

namespace tn::test {

Read onnx_model(std::string bytes, std::filesystem::path from) {
  return [bytes = std::move(bytes), from = std::move(from)] {
    return import::import_onnx(std::as_bytes(std::span(bytes)), from,
                               {ops::find_onnx_importer, ops::make_op_by_name("Identity")});
  };
}

std::string error_of(const Read& read) {
  BuilderConfig config;
  config.threads = 1;
  config.timing = false;
  SilentLogger logger;
  TimingCache cache;
  try {
    build_engine(read(), config, logger, cache);
  } catch (const Error& error) {
    EXPECT_NE(error.what(), std::string());
    return error.what();
  }
  return "";
}

std::string Tally::try_out(const std::string& what, const Read& read) {
  const auto start = std::chrono::steady_clock::now();
  std::string error;
  try {
    error = error_of(read);
  } catch (const std::exception& other) {
    ADD_FAILURE() << what << ": " << other.what();
    return other.what();
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds > slowest_) {
    slowest_ = seconds;
    slowest_what_ = what;
  }
  ++count_;
  if (error.empty()) ++built_;
  EXPECT_EQ(error.find('\n'), error.npos) << what << ": " << error;
  EXPECT_EQ(error.find("internal error"), error.npos) << what << ": " << error;
  EXPECT_LT(error.size(), 4000u) << what;
  return error;
}

void Tally::refuse(const std::string& what, const Read& read) {
  EXPECT_NE(try_out(what, read), "") << what << ": an engine is built";
}

void Tally::print(const std::string& kind) const {
  std::cout << fmt::format("{:28} {:5} networks, {:4} built, longest {:6.3f} s: {}\n", kind, count_, built_, slowest_,
                           slowest_what_.substr(0, 100));
}

}  // namespace tn::test
