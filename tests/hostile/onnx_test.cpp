// SPDX-License-Identifier: Apache-2.0
// Damaged model files: a clean error, or an engine.
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/os/file.h"
#include "hostile/damage.h"
#include "import/onnx/model.h"

namespace tn::test {
namespace {

/// Builds, or fails in the only way that is allowed.
void read_and_build(const Bytes& model, const std::string& what) {
  const std::string path = testing::TempDir() + "hostile.onnx";
  write_file_atomically(path, model);
  SilentLogger logger;
  TimingCache cache;
  try {
    build_engine(read_onnx(path), quick_config(), logger, cache);
  } catch (const Error& error) {
    EXPECT_NE(error.what(), std::string()) << what;
  } catch (const std::exception& error) {
    ADD_FAILURE() << what << ": " << error.what();
  }
}

Bytes example_model() {
  const MappedFile file(TENON_EXAMPLE_MODEL);
  return {file.bytes().begin(), file.bytes().end()};
}

TEST(HostileOnnx, TruncatedFilesAreRefusedOrBuilt) {
  const Bytes model = example_model();
  for (const size_t length : cut_lengths(model.size(), 60))
    read_and_build(cut(model, length), "cut at " + std::to_string(length));
}

TEST(HostileOnnx, FlippedBitsAreRefusedOrBuilt) {
  const Bytes model = example_model();
  // Nodes lie at the front or behind the weights; weights in between hardly matter.
  const size_t edge = std::min<size_t>(model.size(), 6000);
  for (uint32_t seed = 0; seed < 240; ++seed) {
    std::mt19937 random(seed);
    Bytes damaged = model;
    const bool front = seed % 2 == 0;
    for (uint32_t i = 0; i <= seed % 3; ++i)
      flip_bit(damaged, front ? 0 : model.size() - edge, front ? edge : model.size(), random);
    read_and_build(damaged, "seed " + std::to_string(seed));
  }
}

// A tensor of 2^20 x 2^20 f32 without data: refused before memory is asked for.
TEST(HostileOnnx, ATensorWithoutItsDataTakesNoMemory) {
  const std::string path = testing::TempDir() + "hostile.pb";
  write_file_atomically(path, std::string_view("\x08\x80\x80\x40\x08\x80\x80\x40\x10\x01"));
  try {
    import::read_onnx_tensor(path);
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("holds 0 elements"), std::string::npos) << error.what();
  }
}

// A u8 of 300, in the field for 32 bits.
TEST(HostileOnnx, ANumberBeyondItsTypeIsRefused) {
  const std::string path = testing::TempDir() + "hostile.pb";
  write_file_atomically(path, std::string_view("\x08\x01\x10\x02\x2a\x02\xac\x02"));
  try {
    import::read_onnx_tensor(path);
    ADD_FAILURE() << "read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("holds 300"), std::string::npos) << error.what();
  }
}

TEST(HostileOnnx, OtherFilesAreRefusedByName) {
  const std::string path = testing::TempDir() + "hostile.onnx";
  for (const std::string_view text : {"", "hello", "\x89PNG\r\n\x1a\n", "{\"a\": 1}"}) {
    write_file_atomically(path, text);
    try {
      read_onnx(path);
      ADD_FAILURE() << "read '" << text << "'";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(read_onnx(testing::TempDir()), Error);
  EXPECT_THROW(read_onnx(testing::TempDir() + "no_such.onnx"), Error);
}

}  // namespace
}  // namespace tn::test
