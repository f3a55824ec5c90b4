// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include "base/fields.h"
#include "base/half.h"
#include "base/lane.h"
#include "base/os/cpu.h"
#include "base/os/file.h"
#include "base/os/library.h"
#include "base/os/memory.h"
#include "base/small_float.h"
#include "base/tensor_view.h"

namespace tn {
namespace {

TEST(Half, EveryValueSurvivesTheRoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    Half half;
    half.bits = static_cast<uint16_t>(bits);
    const float value = static_cast<float>(half);
    if (std::isnan(value)) continue;
    EXPECT_EQ(Half(value).bits, half.bits);
    EXPECT_EQ(value, static_cast<float>(std::bit_cast<_Float16>(half.bits)));
  }
}

TEST(Half, RoundsToNearestEvenLikeTheCompiler) {
  for (uint32_t i = 0; i < 2000000; ++i) {
    const float value = std::bit_cast<float>(i * 2147u);
    if (std::isnan(value)) continue;
    EXPECT_EQ(Half(value).bits, std::bit_cast<uint16_t>(static_cast<_Float16>(value))) << value;
  }
}

TEST(Half, ADoubleIsRoundedOnce) {
  const double just_above_half_way = 1.0 + 0x1p-11 + 0x1p-40;
  EXPECT_EQ(static_cast<float>(half_from_double(just_above_half_way)), 1.0f + 0x1p-10f);
  EXPECT_EQ(static_cast<float>(bfloat16_from_double(1.0 + 0x1p-8 + 0x1p-40)), 1.0f + 0x1p-7f);
}

TEST(SmallFloat, EveryCodeSurvivesTheRoundTrip) {
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    if (!is_small_float(type)) continue;
    for (int code = 0; code < 1 << bits_of(type); ++code) {
      const float value = small_float_value(type, static_cast<uint8_t>(code));
      if (std::isnan(value))
        EXPECT_TRUE(std::isnan(small_float_value(type, small_float_code(type, value)))) << name_of(type);
      else
        EXPECT_EQ(small_float_code(type, value), code) << name_of(type) << " " << value;
    }
  }
}

TEST(SmallFloat, RoundsToTheNearestAndTiesToEven) {
  for (const DataType type : {DataType::F8E4M3FN, DataType::F8E4M3FNUZ, DataType::F8E5M2, DataType::F8E5M2FNUZ,
                              DataType::F6E2M3, DataType::F6E3M2, DataType::F4E2M1}) {
    for (uint8_t code = 0; code < small_float_format(type).max; ++code) {
      const double low = small_float_value(type, code), high = small_float_value(type, code + 1);
      const double middle = (low + high) / 2;
      EXPECT_EQ(small_float_code(type, middle), code % 2 == 0 ? code : code + 1) << name_of(type) << " " << middle;
      EXPECT_EQ(small_float_code(type, std::nextafter(middle, 0)), code) << name_of(type) << " " << middle;
      EXPECT_EQ(small_float_code(type, std::nextafter(middle, 1e9)), code + 1) << name_of(type) << " " << middle;
    }
  }
}

TEST(SmallFloat, KnowsItsLimits) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(small_float_max(DataType::F8E4M3FN), 448);
  EXPECT_EQ(small_float_max(DataType::F8E4M3FNUZ), 240);
  EXPECT_EQ(small_float_max(DataType::F8E5M2), 57344);
  EXPECT_EQ(small_float_max(DataType::F8E5M2FNUZ), 57344);
  EXPECT_EQ(small_float_max(DataType::F6E2M3), 7.5);
  EXPECT_EQ(small_float_max(DataType::F6E3M2), 28);
  EXPECT_EQ(small_float_max(DataType::F4E2M1), 6);
  EXPECT_EQ(small_float_code(DataType::F8E4M3FN, 464), 0x7e);
  EXPECT_EQ(small_float_code(DataType::F8E4M3FN, -465), 0xff);
  EXPECT_EQ(small_float_code(DataType::F8E5M2, -infinity), 0xfc);
  EXPECT_EQ(small_float_code(DataType::F8E5M2FNUZ, -1e-9), 0);
  EXPECT_EQ(small_float_code(DataType::F8E4M3FNUZ, infinity), 0x80);
  EXPECT_EQ(small_float_code(DataType::F4E2M1, -infinity), 0xf);
  EXPECT_EQ(small_float_code(DataType::F8E8M0, 3.0), 129);
  EXPECT_EQ(small_float_code(DataType::F8E8M0, -1.0), 0);
  EXPECT_EQ(small_float_value(DataType::F8E8M0, 0), 0x1p-127f);
}

TEST(SmallFloat, UnpacksBitsFromTheLowest) {
  const std::array packed = {std::byte{0x08}, std::byte{0x44}, std::byte{0x63}, std::byte{0x1f}};
  const auto numbers = [&](DataType type, int64_t count) {
    std::vector<int> result;
    for (const std::byte element : unpacked(type, packed, count)) result.push_back(static_cast<int8_t>(element));
    return result;
  };
  EXPECT_THAT(numbers(DataType::I4, 5), testing::ElementsAre(-8, 0, 4, 4, 3));
  EXPECT_THAT(numbers(DataType::U4, 2), testing::ElementsAre(8, 0));
  EXPECT_THAT(numbers(DataType::I2, 4), testing::ElementsAre(0, -2, 0, 0));
  EXPECT_THAT(numbers(DataType::F6E2M3, 5), testing::ElementsAre(8, 16, 52, 24, 31));
  EXPECT_EQ(packed_bytes(DataType::F6E2M3, 5), 4u);
  EXPECT_EQ(packed_bytes(DataType::I2, 5), 2u);
}

TEST(TensorView, StoresSaturateRoundAndWrap) {
  int8_t small = 0;
  const auto view = TensorView::dense(&small, DataType::I8, {});
  store_double(view, 0, 300.0);
  EXPECT_EQ(small, 127);
  store_double(view, 0, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(small, 0);
  store_int64(view, 0, 257);
  EXPECT_EQ(small, 1);
}

TEST(TensorView, BroadcastAndTransposedCopy) {
  Shape shape;
  EXPECT_TRUE(broadcast_shapes({3, 1}, {2, 1, 4}, shape));
  EXPECT_EQ(shape, (Shape{2, 3, 4}));
  EXPECT_FALSE(broadcast_shapes({3}, {4}, shape));
  float from[6] = {0, 1, 2, 3, 4, 5}, to[6] = {};
  const TensorView transposed{from, DataType::F32, {3, 2}, {1, 3}};
  copy(transposed, TensorView::dense(to, DataType::F32, {3, 2}));
  EXPECT_EQ(to[1], 3);
  EXPECT_EQ(to[4], 2);
}

enum class Mode : uint8_t { Nearest, Linear };
std::span<const std::string_view> enum_names(Mode) {
  static constexpr std::string_view kNames[] = {"nearest", "linear"};
  return kNames;
}
struct Attributes {
  int64_t axis = -1;
  Mode mode = Mode::Nearest;
  std::vector<int64_t> pads;
  DataType to = DataType::F32;
  template <typename V>
  void fields(V& v) {
    v("axis", axis);
    v("mode", mode);
    v("pads", pads);
    v("to", to);
  }
};

TEST(Fields, SurviveTextAndBytes) {
  const Attributes original{2, Mode::Linear, {1, -2}, DataType::BF16};
  const auto bytes = encode_fields(original);
  EXPECT_EQ(to_fields(decode_fields<Attributes>(bytes)), to_fields(original));
  Attributes copied;
  from_fields(to_fields(original), copied);
  EXPECT_EQ(to_fields(copied), to_fields(original));
  EXPECT_EQ(to_string(to_fields(original).at("mode")), "\"linear\"");
}

TEST(Fields, DamagedBytesAndUnknownNamesAreErrors) {
  auto bytes = encode_fields(Attributes{});
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(decode_fields<Attributes>(std::span(bytes).first(length)), Error);
  }
  bytes.push_back(std::byte{0});
  EXPECT_THROW(decode_fields<Attributes>(bytes), Error);
  Attributes attributes;
  EXPECT_THROW(from_fields({{"axs", int64_t{1}}}, attributes), Error);
  EXPECT_THROW(from_fields({{"mode", std::string("cubic")}}, attributes), Error);
}

TEST(Lane, EveryPartRunsOnceInEachRegionThoughThreadsOutnumberCores) {
  Lane lane(7);
  std::array<int, 7> runs{};  // plain: a part has one thread, and regions follow each other
  for (int round = 1; round <= 2000; ++round) {
    lane.run([&](int part) { ++runs[static_cast<size_t>(part)]; });
    for (const int count : runs) ASSERT_EQ(count, round);
  }
}

TEST(Lane, WorkersTreatDenormalsAsTheCallerDoes) {
  Lane lane(3);
  const uint32_t before = float_mode();
  std::array<uint32_t, 3> modes{};
  const auto record = [&](int thread) { modes[static_cast<size_t>(thread)] = float_mode(); };
  flush_denormals();
  const uint32_t flushing = float_mode();
  lane.run(record);
  for (const uint32_t mode : modes) EXPECT_EQ(mode, flushing);
  set_float_mode(before);
  lane.run(record);
  for (const uint32_t mode : modes) EXPECT_EQ(mode, before);
}

TEST(Lane, WakesFromSleep) {
  Lane lane(2);
  int64_t sum = 0;
  std::atomic<int64_t> total{0};
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    lane.parallel_for(10, [&](int64_t begin, int64_t end) { total.fetch_add(end - begin); });
    sum += 10;
  }
  EXPECT_EQ(total.load(), sum);
}

TEST(Cpu, AThreadLeavesCoresAndMayComeBack) {
  if (cpu_info().usable_cores < 2) GTEST_SKIP() << "one core";
  int moved = 0;
  for (int i = 0; i < 40; ++i) {
    const int core = current_core();
    leave_cores(std::array{core});
    if (current_core() != core) ++moved;
  }
  EXPECT_GE(moved, 20);  // the system may have moved it back at once
}

TEST(Memory, IsAlignedAndWritableWhateverItsSize) {
  for (const size_t bytes : {size_t{1}, size_t{100}, size_t{1} << 20, (size_t{5} << 20) + 3}) {
    const std::unique_ptr<std::byte, decltype(&std::free)> memory(allocate_aligned(bytes), &std::free);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % 64, 0u) << bytes;
    std::memset(memory.get(), 1, bytes);
  }
  EXPECT_EQ(allocate_aligned(SIZE_MAX), nullptr);
}

TEST(SharedLibrary, OpensTheFirstNameThereIsAndNamesWhatIsMissing) {
  const char* const names[] = {"libnothing-of-that-name.so.7", "libm.so.6"};
  const SharedLibrary math(names);
  EXPECT_EQ(math.name(), "libm.so.6");
  EXPECT_EQ(math.function<double (*)(double)>("floor")(2.5), 2.0);
  EXPECT_EQ(math.find("no_such_function"), nullptr);
  try {
    (void)math.function<void (*)()>("no_such_function");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the library libm.so.6 has no function no_such_function");
  }
  try {
    SharedLibrary(std::span(names, 1));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_THAT(error.what(), testing::HasSubstr("cannot open the library libnothing-of-that-name.so.7: "));
  }
}

TEST(File, DevicesAndLinksStayWhatTheyAre) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "tenon_link_test";
  std::filesystem::create_directories(folder);
  const auto link = folder / "link";
  write_file_atomically(folder / "file", "one");
  std::filesystem::create_symlink("file", link);
  write_file_atomically(link, "two");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(MappedFile(folder / "file").text(), "two");
  const auto device = folder / "device";
  std::filesystem::create_symlink("/dev/full", device);
  EXPECT_THROW(write_file_atomically(device, "x"), Error);
  std::filesystem::remove(device);
  std::filesystem::create_symlink("/dev/null", device);
  write_file_atomically(device, "x");
  EXPECT_TRUE(std::filesystem::is_character_file(device));
  std::filesystem::remove_all(folder);
}

TEST(File, AtomicWriteReplacesOrLeavesTheOldContent) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "tenon_file_test";
  std::filesystem::create_directories(folder);
  const auto path = folder / "a.txt";
  write_file_atomically(path, "one");
  write_file_atomically(path, "two");
  EXPECT_EQ(MappedFile(path).text(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_THROW(write_file_atomically(folder, "x"), Error);
  EXPECT_THROW(MappedFile(folder / "absent"), Error);
  EXPECT_THROW(MappedFile{folder}, Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tn
