// SPDX-License-Identifier: Apache-2.0
#include "dataset/sample_files.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/os/file.h"
#include "dataset/numpy.h"

namespace tn {
namespace {

namespace fs = std::filesystem;

class SampleFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }
  void touch(const std::string& name) {
    fs::create_directories((root_ / name).parent_path());
    write_file_atomically(root_ / name, std::string_view("x"));
  }
  std::string found(int64_t most, uint64_t seed = 0) {
    std::string text;
    for (const fs::path& path : find_samples(root_, most, seed))
      text += (text.empty() ? "" : " ") + path.lexically_relative(root_).generic_string();
    return text;
  }
  fs::path root_;
};

TEST_F(SampleFiles, ClassesAreTakenInTurn) {
  for (const char* name :
       {"b/2.png", "b/1.jpg", "a/3.npy", "a/deep/4.bin", "a/0.txt", "c/5.npz", ".h/6.png", "b/.7.png"})
    touch(name);
  EXPECT_EQ(found(10), "a/3.npy b/1.jpg c/5.npz a/deep/4.bin b/2.png");
  EXPECT_EQ(found(2), "a/3.npy b/1.jpg");
}

TEST_F(SampleFiles, AFlatFolderIsSortedAndASeedShuffles) {
  for (int i = 10; i < 40; ++i) touch("image" + std::to_string(i) + ".png");
  EXPECT_TRUE(found(3) == "image10.png image11.png image12.png");
  const std::string once = found(30, 1);
  EXPECT_NE(once, found(30));
  EXPECT_EQ(once, found(30, 1));
  EXPECT_NE(once, found(30, 2));
  EXPECT_EQ(once.size(), found(30).size());
}

TEST_F(SampleFiles, FoldersWithoutSamplesAreNamed) {
  EXPECT_THROW(found(1), Error);
  touch("a/readme.txt");
  EXPECT_THROW(found(1), Error);
}

std::string npy(std::string_view descr, std::string_view shape, std::string_view data,
                std::string_view order = "False") {
  const std::string header = "{'descr': " + std::string(descr) + ", 'fortran_order': " + std::string(order) +
                             ", 'shape': " + std::string(shape) + ", }\n";
  std::string file = std::string("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size());
  file += '\0';
  return file + header + std::string(data);
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Numpy, ArraysAreRead) {
  const int32_t values[] = {1, -2, 3, 4, 5, 6};
  const std::string data(reinterpret_cast<const char*>(values), sizeof(values));
  const std::string file = npy("'<i4'", "(2, 3)", data);
  const NumpyArray array = read_npy(bytes_of(file));
  EXPECT_EQ(array.type, DataType::I32);
  EXPECT_EQ(array.dims, (Shape{2, 3}));
  EXPECT_EQ(std::memcmp(array.data.data(), values, sizeof(values)), 0);
  const std::string scalar = npy("'|u1'", "()", "\x07");
  EXPECT_EQ(read_npy(bytes_of(scalar)).dims.rank(), 0);
}

TEST(Numpy, BrokenArraysAreRefused) {
  const std::string good = npy("'<f4'", "(2,)", "12345678");
  for (size_t size = 0; size < good.size(); ++size) EXPECT_THROW(read_npy(bytes_of(good).first(size)), Error) << size;
  for (const std::string& file : {npy("'>f4'", "(2,)", "12345678"), npy("'<f4'", "(2,)", "12345678", "True"),
                                  npy("'<f4'", "(99999999, 99999999)", "1"), npy("'<f4'", "2", "12345678")})
    EXPECT_THROW(read_npy(bytes_of(file)), Error);
}

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// An archive of one member, as NumPy writes it.
std::string npz(const std::string& name, const std::string& content, bool compress) {
  std::string packed = content;
  if (compress) {
    z_stream stream{};
    deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    packed.resize(content.size() + 64);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
  }
  const auto common = [&](std::string& out) {
    put<uint16_t>(out, 0);  // flags
    put<uint16_t>(out, compress ? 8 : 0);
    put<uint32_t>(out, 0);  // time
    put<uint32_t>(out, 0);  // CRC
    put<uint32_t>(out, static_cast<uint32_t>(packed.size()));
    put<uint32_t>(out, static_cast<uint32_t>(content.size()));
    put<uint16_t>(out, static_cast<uint16_t>(name.size()));
    put<uint16_t>(out, 0);  // extra
  };
  std::string file;
  put<uint32_t>(file, 0x04034b50);
  put<uint16_t>(file, 20);
  common(file);
  file += name + packed;
  const auto directory = static_cast<uint32_t>(file.size());
  put<uint32_t>(file, 0x02014b50);
  put<uint32_t>(file, 20 | 20 << 16);
  common(file);
  put<uint16_t>(file, 0);  // comment
  put<uint32_t>(file, 0);  // disk, internal attributes
  put<uint32_t>(file, 0);  // external attributes
  put<uint32_t>(file, 0);  // position
  file += name;
  const auto size = static_cast<uint32_t>(file.size()) - directory;
  put<uint32_t>(file, 0x06054b50);
  put<uint32_t>(file, 0);
  put<uint32_t>(file, 1 | 1 << 16);
  put<uint32_t>(file, size);
  put<uint32_t>(file, directory);
  put<uint16_t>(file, 0);
  return file;
}

TEST(Numpy, ArchivesAreRead) {
  const std::string content = npy("'<f4'", "(1, 4)", std::string(16, '\x11'));
  for (const bool compress : {false, true}) {
    const std::string file = npz("data.npy", content, compress);
    const auto arrays = read_npz(bytes_of(file));
    ASSERT_EQ(arrays.size(), 1U);
    EXPECT_EQ(arrays[0].name, "data");
    EXPECT_EQ(arrays[0].dims, (Shape{1, 4}));
    EXPECT_EQ(arrays[0].data[5], std::byte{0x11});
    for (size_t size = 0; size < file.size(); ++size) EXPECT_THROW(read_npz(bytes_of(file).first(size)), Error) << size;
  }
}

}  // namespace
}  // namespace tn
