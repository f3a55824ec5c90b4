// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "tenonexec/failure.h"
#include "tenonexec/files.h"
#include "tenonexec/json_text.h"
#include "tenonexec/placement.h"

namespace tenonexec {
namespace {

using tenon::DataType;
using ::testing::Each;
using ::testing::ElementsAre;

tenon::Dims dims(std::initializer_list<int64_t> extents) {
  tenon::Dims dims;
  for (int64_t extent : extents) dims.d[dims.nbDims++] = extent;
  return dims;
}

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

TEST(Values, RandomRanges) {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(8000);
  const auto filled = [&](DataType type) {
    fill_random(bytes, type, random);
    return values_of(bytes, type);
  };
  for (DataType type : {DataType::kFLOAT, DataType::kHALF, DataType::kBF16, DataType::kDOUBLE}) {
    const auto values = filled(type);
    EXPECT_THAT(values, Each(::testing::AllOf(::testing::Ge(-1), ::testing::Le(1))));
    EXPECT_LT(*std::min_element(values.begin(), values.end()), -0.9);
    EXPECT_GT(*std::max_element(values.begin(), values.end()), 0.9);
  }
  for (DataType type : {DataType::kINT8, DataType::kINT16, DataType::kINT32, DataType::kINT64}) {
    const auto values = filled(type);
    EXPECT_EQ(*std::min_element(values.begin(), values.end()), -128);
    EXPECT_EQ(*std::max_element(values.begin(), values.end()), 127);
  }
  const auto bytes8 = filled(DataType::kUINT8);
  EXPECT_EQ(*std::max_element(bytes8.begin(), bytes8.end()), 255);
  EXPECT_THAT(filled(DataType::kBOOL), Each(::testing::AnyOf(0, 1)));
}

TEST(Values, NarrowFloats) {
  const std::vector<uint16_t> halves = {0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555};
  EXPECT_THAT(values_of(bytes_of(halves), DataType::kHALF),
              ElementsAre(1, -2, std::ldexp(1, -24), std::numeric_limits<double>::infinity(), 0.333251953125));
  const std::vector<uint16_t> bfloats = {0x3f80, 0xc000};
  EXPECT_THAT(values_of(bytes_of(bfloats), DataType::kBF16), ElementsAre(1, -2));
}

TEST(Values, Differences) {
  const std::vector<double> reference = {1, 2, 4, 0}, actual = {1, 2.5, 3, 0};
  EXPECT_DOUBLE_EQ(difference("l0", actual, reference, 1e-5, 1e-5), 0.5);
  EXPECT_DOUBLE_EQ(difference("l0", actual, reference, 0, 0.25), 0);
  EXPECT_DOUBLE_EQ(difference("l1", actual, reference, 0, 0), 1.5 / 4);
  EXPECT_DOUBLE_EQ(difference("l2", actual, reference, 0, 0), 1.25 / 4);
  EXPECT_DOUBLE_EQ(difference("lInf", actual, reference, 0, 0), 1);
  EXPECT_NEAR(difference("cos", actual, reference, 0, 0), 1 - 18 / std::sqrt(21 * 16.25), 1e-12);
  EXPECT_NEAR(difference("cos", reference, reference, 0, 0), 0, 1e-12);
}

TEST(Values, NanIsNeverWithinTolerance) {
  const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> bad = {nan, 1}, good = {1, 1};
  for (const char* algorithm : {"l1", "l2", "lInf", "cos"})
    EXPECT_EQ(difference(algorithm, bad, good, 1, 1), infinity) << algorithm;
  EXPECT_EQ(difference("l0", bad, good, 1, 1), 0.5);
  EXPECT_EQ(difference("lInf", bad, bad, 0, 0), 0);
}

TEST(Values, CountsAndTheirErrors) {
  EXPECT_EQ(count_elements("x", dims({})), 1);
  EXPECT_EQ(count_elements("x", dims({2, 0})), 0);
  EXPECT_THROW(count_elements("x", dims({2, -1})), Failure);
  EXPECT_THROW(count_elements("x", dims({int64_t{1} << 40, int64_t{1} << 40})), Failure);
}

TEST(Values, OutputTexts) {
  const std::vector<float> values = {1, 0.1F, std::nanf("")};
  const NamedValues tensor = {"a/b", dims({1, 3}), DataType::kFLOAT, bytes_of(values)};
  EXPECT_THAT(format_values(tensor), ElementsAre("a/b: (1x3)", "1 0.1 nan"));
  EXPECT_EQ(values_to_json(std::span(&tensor, 1)),
            "[\n  { \"name\" : \"a/b\"\n  , \"dimensions\" : \"1x3\"\n  , \"values\" : [ 1, 0.1, null ]\n  }\n]\n");
  EXPECT_EQ(raw_file_name("a/b:0", false, dims({1, 3}), DataType::kHALF), "a_b_0.output.1.3.Half.raw");
}

TEST(Json, Strings) {
  EXPECT_EQ(json_string("a\"\\\n"), "\"a\\\"\\\\\\u000a\"");
}

TEST(Files, WritesWholeOrNotAtAll) {
  const std::filesystem::path folder = std::filesystem::path(::testing::TempDir()) / "tenonexec_files";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = (folder / "out.json").string();
  write_file("--exportTimes", path, "first");
  write_file("--exportTimes", path, "second");
  const std::vector<char> content = read_file("test", path);
  EXPECT_EQ(std::string(content.begin(), content.end()), "second");
  EXPECT_EQ(read_head("test", path, 3).size(), 3U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THROW(write_file("--exportTimes", folder.string(), "x"), Failure);
  EXPECT_THROW(write_file("--exportTimes", (folder / "none" / "out").string(), "x"), Failure);
  EXPECT_THROW(check_writable("--exportTimes", (folder / "none" / "out").string()), Failure);
  EXPECT_THROW(read_file("--loadEngine", folder.string()), Failure);
  EXPECT_THROW(read_file("--loadEngine", (folder / "missing").string()), Failure);
  std::filesystem::remove_all(folder);
}

TEST(Placement, ValuesGoToTheirFormatAndBack) {
  // Three channels of two in groups of two: [1][2 groups][2][2].
  const Placement placement{dims({1, 3, 2}), dims({4, 2, 1}), 1, 2};
  EXPECT_EQ(room_of(placement), 8);
  EXPECT_FALSE(is_linear(placement));
  const std::vector<uint8_t> linear = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> placed(8);
  place(bytes_of(linear), std::as_writable_bytes(std::span(placed)), placement, 1);
  EXPECT_THAT(placed, ElementsAre(1, 3, 2, 4, 5, 0, 6, 0));
  const auto back = linear_from(bytes_of(placed), placement, 1);
  EXPECT_TRUE(std::ranges::equal(back, bytes_of(linear)));
  EXPECT_TRUE(is_linear({dims({2, 3}), dims({3, 1})}));
  EXPECT_FALSE(is_linear({dims({2, 3}), dims({4, 1})})) << "padded rows";
  EXPECT_EQ(room_of({dims({2, 3}), dims({4, 1})}), 8);
  EXPECT_EQ(room_of({dims({2, 0}), dims({4, 1})}), 0);
}

}  // namespace
}  // namespace tenonexec
