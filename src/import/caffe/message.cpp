// SPDX-License-Identifier: Apache-2.0
#include "import/caffe/message.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"

namespace tn::import::caffe {
namespace {

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

int64_t integer_of(double value, std::string_view name) {
  model_check(std::fabs(value) <= kExactIntegers && value == std::floor(value), "{} is {}, not an integer", name,
              value);
  return static_cast<int64_t>(value);
}

template <typename T>
void append_floats(std::span<const std::byte> bytes, std::vector<float>& to) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    to.push_back(static_cast<float>(value));
  }
}

}  // namespace

const Field* Message::find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found == fields_.end() ? nullptr : &*found;
}

Field& Message::field(std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  if (found != fields_.end()) return *found;
  fields_.emplace_back().name = name;
  return fields_.back();
}

const Message& Message::child(std::string_view name) const {
  static const Message kEmpty;
  const auto all = children(name);
  return all.empty() ? kEmpty : all.back();
}

std::span<const Message> Message::children(std::string_view name) const {
  const Field* field = find(name);
  if (!field) return {};
  model_check(field->numbers.empty() && field->texts.empty(), "{} is a value where a message belongs", name);
  return field->messages;
}

std::vector<std::string> Message::texts(std::string_view name) const {
  const Field* field = find(name);
  if (!field) return {};
  model_check(field->numbers.empty() && field->messages.empty(), "{} is not a text", name);
  return field->texts;
}

std::string Message::text(std::string_view name, std::string_view fallback) const {
  const auto all = texts(name);
  return all.empty() ? std::string(fallback) : all.back();
}

std::vector<double> Message::numbers(std::string_view name) const {
  const Field* field = find(name);
  if (!field) return {};
  model_check(field->texts.empty() && field->messages.empty(), "{} is not a number", name);
  if (field->packed.empty()) return field->numbers;
  const auto values = floats(name);
  return {values.begin(), values.end()};
}

double Message::number(std::string_view name, double fallback) const {
  const auto all = numbers(name);
  return all.empty() ? fallback : all.back();
}

std::vector<int64_t> Message::integers(std::string_view name) const {
  std::vector<int64_t> result;
  for (const double value : numbers(name)) result.push_back(integer_of(value, name));
  return result;
}

int64_t Message::integer(std::string_view name, int64_t fallback) const {
  const auto all = integers(name);
  return all.empty() ? fallback : all.back();
}

bool Message::flag(std::string_view name, bool fallback) const {
  return integer(name, fallback ? 1 : 0) != 0;
}

size_t Message::choice(std::string_view name, std::initializer_list<std::string_view> names, size_t fallback) const {
  const Field* field = find(name);
  if (!field) return fallback;
  if (!field->texts.empty()) {
    const auto found = std::ranges::find(names, field->texts.back());
    if (found != names.end()) return static_cast<size_t>(found - names.begin());
    throw Error(ErrorCode::InvalidModel, "{} is '{}', which is unknown", name, field->texts.back());
  }
  const int64_t value = integer(name, 0);
  model_check(value >= 0 && static_cast<size_t>(value) < names.size() && !names.begin()[value].empty(),
              "{} is {}, which is unknown", name, value);
  return static_cast<size_t>(value);
}

size_t Message::float_count(std::string_view name) const {
  const Field* field = find(name);
  if (!field) return 0;
  size_t count = field->numbers.size();
  for (const auto bytes : field->packed) count += bytes.size() / field->packed_size;
  return count;
}

std::vector<float> Message::floats(std::string_view name) const {
  std::vector<float> result;
  const Field* field = find(name);
  if (!field) return result;
  result.reserve(float_count(name));
  for (const double value : field->numbers) result.push_back(static_cast<float>(value));
  for (const auto bytes : field->packed)
    field->packed_size == sizeof(float) ? append_floats<float>(bytes, result) : append_floats<double>(bytes, result);
  return result;
}

}  // namespace tn::import::caffe
