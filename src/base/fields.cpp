// SPDX-License-Identifier: Apache-2.0
#include "base/fields.h"

namespace tn {
namespace {

std::string print(bool value) {
  return value ? "true" : "false";
}
std::string print(int64_t value) {
  return fmt::format("{}", value);
}
// The shortest text that reads back as the same double; always with a point or exponent, so that it stays a double.
std::string print(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}
std::string print(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text + "\"";
}
template <typename T>
std::string print(const std::vector<T>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i ? "," : "") + print(values[i]);
  return text + "]";
}

}  // namespace

std::string to_string(const FieldValue& value) {
  return std::visit([](const auto& v) { return print(v); }, value);
}

}  // namespace tn
