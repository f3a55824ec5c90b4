// SPDX-License-Identifier: Apache-2.0
#include "dataset/numpy.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tn {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 31;

template <typename... Args>
void check(bool good, fmt::format_string<Args...> format, Args&&... args) {
  if (!good) throw Error(ErrorCode::InvalidArgument, format, std::forward<Args>(args)...);
}

/// Little-endian numbers at positions that are checked.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> part(uint64_t position, uint64_t size) const {
    check(position <= bytes_.size() && size <= bytes_.size() - position, "the file is cut off");
    return bytes_.subspan(position, size);
  }
  template <typename T>
  T number(uint64_t position) const {
    T value;
    std::memcpy(&value, part(position, sizeof(T)).data(), sizeof(T));
    return value;
  }
  std::string_view text(uint64_t position, uint64_t size) const {
    return {reinterpret_cast<const char*>(part(position, size).data()), size};
  }
  uint64_t size() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

// What follows 'key': in the header, a Python dictionary.
std::string_view value_of(std::string_view header, std::string_view key) {
  const size_t at = header.find(fmt::format("'{}':", key));
  check(at != header.npos, "the header has no '{}'", key);
  std::string_view rest = header.substr(at + key.size() + 3);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

DataType type_of(std::string_view descr) {
  constexpr std::pair<std::string_view, DataType> kTypes[] = {
      {"'<f4'", DataType::F32}, {"'<f8'", DataType::F64}, {"'<f2'", DataType::F16},
      {"'|i1'", DataType::I8},  {"'|u1'", DataType::U8},  {"'<i2'", DataType::I16},
      {"'<i4'", DataType::I32}, {"'<i8'", DataType::I64}, {"'|b1'", DataType::Bool}};
  for (const auto& [text, type] : kTypes)
    if (descr.starts_with(text)) return type;
  check(false, "elements of type {} are not read", descr.substr(0, descr.find(',')));
  return {};
}

Shape shape_of(std::string_view text) {
  check(text.starts_with('('), "the header has no shape");
  text = text.substr(1, text.find(')') - 1);
  Shape dims;
  while (!text.empty()) {
    const size_t begin = text.find_first_of("0123456789");
    if (begin == text.npos) break;
    int64_t extent = 0;
    const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), extent);
    check(error == std::errc() && dims.rank() < kMaxRank && extent < (int64_t{1} << 31), "a shape of ({})", text);
    dims.push_back(extent);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
  }
  return dims;
}

std::vector<std::byte> inflated(std::span<const std::byte> packed, uint64_t size) {
  check(size <= kMostBytes, "an array of {} bytes", size);
  std::vector<std::byte> bytes(size);
  z_stream stream{};
  check(inflateInit2(&stream, -MAX_WBITS) == Z_OK, "zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  const int result = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  check(result == Z_STREAM_END && stream.avail_out == 0, "the compressed data are damaged");
  return bytes;
}

// Where the list of an archive's members begins, and how many there are. A comment of up to 64 KiB may stand behind it.
std::pair<uint64_t, int> directory_of(const Bytes& bytes) {
  constexpr uint64_t kEnd = 22, kLongest = kEnd + 0xffff;
  constexpr uint32_t kSignature = 0x06054b50;
  for (uint64_t back = kEnd; back <= std::min(bytes.size(), kLongest); ++back) {
    const uint64_t at = bytes.size() - back;
    if (bytes.number<uint32_t>(at) == kSignature)
      return {bytes.number<uint32_t>(at + 16), bytes.number<uint16_t>(at + 10)};
  }
  check(false, "this is no .npz archive");
  return {};
}

}  // namespace

NumpyArray read_npy(std::span<const std::byte> file) {
  const Bytes bytes(file);
  constexpr std::string_view kMagic = "\x93NUMPY";
  check(bytes.size() > kMagic.size() && bytes.text(0, kMagic.size()) == kMagic, "this is no .npy file");
  const bool old = bytes.number<uint8_t>(6) == 1;
  const uint64_t begin = old ? 10 : 12, length = old ? bytes.number<uint16_t>(8) : bytes.number<uint32_t>(8);
  const std::string_view header = bytes.text(begin, length);
  check(value_of(header, "fortran_order").starts_with("False"), "the array is in Fortran order; save it in C order");
  NumpyArray array{"", type_of(value_of(header, "descr")), shape_of(value_of(header, "shape")), {}};
  uint64_t size = size_of(array.type);
  for (const int64_t extent : array.dims) {
    size *= static_cast<uint64_t>(extent);
    check(size <= kMostBytes, "an array of {}", to_string(array.dims));
  }
  const auto data = bytes.part(begin + length, size);
  array.data.assign(data.begin(), data.end());
  return array;
}

std::vector<NumpyArray> read_npz(std::span<const std::byte> file) {
  const Bytes bytes(file);
  constexpr uint32_t kMember = 0x02014b50;
  constexpr uint16_t kStored = 0, kDeflated = 8;
  auto [at, count] = directory_of(bytes);
  std::vector<NumpyArray> arrays;
  for (int i = 0; i < count; ++i) {
    check(bytes.number<uint32_t>(at) == kMember, "the list of the archive's members is damaged");
    const auto method = bytes.number<uint16_t>(at + 10), name_size = bytes.number<uint16_t>(at + 28);
    const uint64_t packed_size = bytes.number<uint32_t>(at + 20), size = bytes.number<uint32_t>(at + 24),
                   local = bytes.number<uint32_t>(at + 42);
    std::string_view name = bytes.text(at + 46, name_size);
    at += 46U + name_size + bytes.number<uint16_t>(at + 30) + bytes.number<uint16_t>(at + 32);
    if (!name.ends_with(".npy")) continue;
    name.remove_suffix(4);
    const uint64_t begin = local + 30U + bytes.number<uint16_t>(local + 26) + bytes.number<uint16_t>(local + 28);
    const auto packed = bytes.part(begin, packed_size);
    check(method == kStored || method == kDeflated, "'{}' is packed by method {}", name, method);
    try {
      arrays.push_back(method == kStored ? read_npy(packed) : read_npy(inflated(packed, size)));
    } catch (const Error& error) {
      throw error.within(name);
    }
    arrays.back().name = name;
  }
  check(!arrays.empty(), "the archive has no arrays");
  return arrays;
}

}  // namespace tn
