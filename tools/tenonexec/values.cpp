// SPDX-License-Identifier: Apache-2.0
#include "tenonexec/values.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "tenonexec/failure.h"
#include "tenonexec/json_text.h"
#include "tenonexec/specs.h"

namespace tenonexec {
namespace {

using tenon::DataType;

template <typename T>
T read(const std::byte* data, int64_t index) {
  T value;
  std::memcpy(&value, data + index * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <typename T>
void write(std::span<std::byte> bytes, size_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

double half_to_double(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  double value;
  if (exponent == 31)
    value = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else
    value = std::ldexp(1024 + mantissa, exponent - 25);
  return (bits & 0x8000) != 0 ? -value : value;
}

/// For |value| ≤ 1, cutting the mantissa off.
uint16_t double_to_half(double value) {
  const uint16_t sign = value < 0 ? 0x8000 : 0;
  int exponent = 0;
  const double fraction = std::frexp(std::abs(value), &exponent);  // in [0.5, 1)
  if (exponent < -13) return sign;
  return static_cast<uint16_t>(sign | (exponent + 14) << 10 | (static_cast<int>(fraction * 2048) & 1023));
}

double bfloat_to_double(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t double_to_bfloat(double value) {
  return static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(value)) >> 16);
}

std::string_view raw_type_name(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
      return "Float";
    case DataType::kHALF:
      return "Half";
    case DataType::kBF16:
      return "BFloat16";
    case DataType::kDOUBLE:
      return "Double";
    case DataType::kINT8:
      return "Int8";
    case DataType::kINT16:
      return "Int16";
    case DataType::kINT32:
      return "Int32";
    case DataType::kINT64:
      return "Int64";
    case DataType::kUINT8:
      return "UInt8";
    case DataType::kUINT16:
      return "UInt16";
    case DataType::kUINT32:
      return "UInt32";
    case DataType::kUINT64:
      return "UInt64";
    case DataType::kBOOL:
      return "Bool";
    case DataType::kINT4:
      return "Int4";
    case DataType::kUINT4:
      return "UInt4";
    case DataType::kINT2:
      return "Int2";
    case DataType::kUINT2:
      return "UInt2";
    default:
      return "Unknown";
  }
}

bool is_float(DataType type) {
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16 || type == DataType::kDOUBLE;
}

bool is_signed(DataType type) {
  return type == DataType::kINT8 || type == DataType::kINT16 || type == DataType::kINT32 || type == DataType::kINT64;
}

void write_value(std::span<std::byte> bytes, DataType type, size_t index, double value) {
  switch (type) {
    case DataType::kFLOAT:
      return write(bytes, index, static_cast<float>(value));
    case DataType::kHALF:
      return write(bytes, index, double_to_half(value));
    case DataType::kBF16:
      return write(bytes, index, double_to_bfloat(value));
    case DataType::kDOUBLE:
      return write(bytes, index, value);
    default:
      break;
  }
  const int64_t whole = static_cast<int64_t>(value);
  std::memcpy(bytes.data() + index * getSize(type), &whole, getSize(type));  // little-endian: the low bytes
}

// Numbers to fill a tensor with; of a small float these are codes.
std::pair<int, int> whole_range(DataType type) {
  switch (type) {
    case DataType::kBOOL:
    case DataType::kINT2:
      return {0, 1};
    case DataType::kUINT2:
      return {0, 3};
    case DataType::kINT4:
    case DataType::kFP4:
    case DataType::kFP6E2M3:
    case DataType::kFP6E3M2:
      return {0, 7};
    case DataType::kUINT4:
      return {0, 15};
    default:
      break;
  }
  if (is_signed(type)) return {-128, 127};
  return {0, type == DataType::kUINT8 || getSize(type) > 1 ? 255 : 63};
}

double absolute_difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double difference = std::abs(a - b);
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

double cosine_distance(std::span<const double> a, std::span<const double> b) {
  double product = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  if (aa == 0 || bb == 0) return aa == bb ? 0 : 1;
  const double distance = 1 - product / std::sqrt(aa) / std::sqrt(bb);
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : std::max(distance, 0.0);
}

}  // namespace

int64_t count_elements(std::string_view name, const tenon::Dims& dims) {
  if (dims.nbDims < 0) throw Failure("the shape of tensor '{}' is not known", name);
  int64_t count = 1;
  for (int i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < 0) throw Failure("tensor '{}': dimension {} is not known ({})", name, i, to_text(dims));
    if (__builtin_mul_overflow(count, dims.d[i], &count))
      throw Failure("tensor '{}' is too large: {}", name, to_text(dims));
  }
  return count;
}

void fill_random(std::span<std::byte> bytes, DataType type, std::mt19937& random) {
  const size_t size = getSize(type);
  if (size == 0) return;
  std::uniform_real_distribution<double> real(-1, 1);
  const auto [low, high] = whole_range(type);
  std::uniform_int_distribution<int> whole(low, high);
  for (size_t i = 0; i < bytes.size() / size; ++i)
    write_value(bytes, type, i, is_float(type) ? real(random) : whole(random));
}

double value_at(const std::byte* data, DataType type, int64_t index) {
  switch (type) {
    case DataType::kFLOAT:
      return read<float>(data, index);
    case DataType::kHALF:
      return half_to_double(read<uint16_t>(data, index));
    case DataType::kBF16:
      return bfloat_to_double(read<uint16_t>(data, index));
    case DataType::kDOUBLE:
      return read<double>(data, index);
    case DataType::kINT8:
    case DataType::kINT4:
    case DataType::kINT2:
      return read<int8_t>(data, index);
    case DataType::kINT16:
      return read<int16_t>(data, index);
    case DataType::kINT32:
      return read<int32_t>(data, index);
    case DataType::kINT64:
      return static_cast<double>(read<int64_t>(data, index));
    case DataType::kUINT8:
    case DataType::kUINT4:
    case DataType::kUINT2:
    case DataType::kBOOL:
      return read<uint8_t>(data, index);
    case DataType::kUINT16:
      return read<uint16_t>(data, index);
    case DataType::kUINT32:
      return read<uint32_t>(data, index);
    case DataType::kUINT64:
      return static_cast<double>(read<uint64_t>(data, index));
    default:
      throw Failure("values of type {} cannot be read", static_cast<int>(type));
  }
}

std::vector<double> values_of(std::span<const std::byte> bytes, DataType type) {
  std::vector<double> values(getSize(type) == 0 ? 0 : bytes.size() / getSize(type));
  for (size_t i = 0; i < values.size(); ++i) values[i] = value_at(bytes.data(), type, static_cast<int64_t>(i));
  return values;
}

double difference(std::string_view algorithm, std::span<const double> actual, std::span<const double> reference,
                  double atol, double rtol) {
  if (actual.empty()) return 0;
  if (algorithm == "cos") return cosine_distance(actual, reference);
  double sum = 0, largest = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = absolute_difference(actual[i], reference[i]);
    largest = std::max(largest, error);
    if (algorithm == "l0")
      sum += error > atol + rtol * std::abs(reference[i]) || std::isinf(error) ? 1 : 0;
    else
      sum += algorithm == "l2" ? error * error : error;
  }
  return algorithm == "lInf" ? largest : sum / static_cast<double>(actual.size());
}

std::vector<std::string> format_values(const NamedValues& tensor) {
  constexpr size_t kPerLine = 16;
  std::vector<std::string> lines = {fmt::format("{}: ({})", tensor.name, to_text(tensor.dims))};
  const std::vector<double> values = values_of(tensor.bytes, tensor.type);
  for (size_t i = 0; i < values.size(); i += kPerLine) {
    const size_t end = std::min(i + kPerLine, values.size());
    std::string line;
    for (size_t k = i; k < end; ++k) line += fmt::format("{}{:g}", k == i ? "" : " ", values[k]);
    lines.push_back(line);
  }
  return lines;
}

std::string values_to_json(std::span<const NamedValues> tensors) {
  std::string json = "[\n";
  for (size_t t = 0; t < tensors.size(); ++t) {
    const NamedValues& tensor = tensors[t];
    json += fmt::format("{}{{ \"name\" : {}\n  , \"dimensions\" : {}\n  , \"values\" : [", t == 0 ? "  " : ", ",
                        json_string(tensor.name), json_string(to_text(tensor.dims)));
    const std::vector<double> values = values_of(tensor.bytes, tensor.type);
    for (size_t i = 0; i < values.size(); ++i) {
      const bool narrow = is_float(tensor.type) && tensor.type != DataType::kDOUBLE && std::isfinite(values[i]);
      json += i == 0 ? " " : ", ";
      json += narrow ? fmt::format("{}", static_cast<float>(values[i])) : json_number(values[i]);
    }
    json += " ]\n  }\n";
  }
  return json + "]\n";
}

std::string raw_file_name(std::string_view name, bool is_input, const tenon::Dims& dims, DataType type) {
  std::string safe(name);
  std::replace_if(
      safe.begin(), safe.end(),
      [](char c) { return std::string_view("/\\:*?\"<>| ").find(c) != std::string_view::npos; }, '_');
  return fmt::format("{}.{}.{}.{}.raw", safe, is_input ? "input" : "output",
                     dims.nbDims > 0 ? fmt::format("{}", fmt::join(dims.d, dims.d + dims.nbDims, ".")) : "scalar",
                     raw_type_name(type));
}

}  // namespace tenonexec
