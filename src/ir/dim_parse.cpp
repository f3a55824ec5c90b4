// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "base/error.h"
#include "base/text_cursor.h"
#include "ir/dim.h"

namespace tn {
namespace {

// Recursive descent over: sum := [-] product {(+|-) product}; product := atom {* atom};
// atom := integer | symbol | (floordiv|min|max)(sum, sum) | (sum).
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Dim parse() {
    const Dim dim = sum();
    if (!text_.done()) fail();
    return dim;
  }

 private:
  static constexpr int kMaxDepth = 200;

  [[noreturn]] void fail() const { throw Error(ErrorCode::InvalidArgument, "'{}' is not a dimension", text_.text()); }
  bool take(char c) { return text_.take(c); }

  Dim sum() {
    if (++depth_ > kMaxDepth) fail();
    Dim total = take('-') ? Dim(0) - product() : product();
    for (;;) {
      if (take('+'))
        total = total + product();
      else if (take('-'))
        total = total - product();
      else
        break;
    }
    --depth_;
    return total;
  }

  Dim product() {
    Dim value = atom();
    while (take('*')) value = value * atom();
    return value;
  }

  Dim atom() {
    if (take('(')) {
      const Dim inner = sum();
      if (!take(')')) fail();
      return inner;
    }
    const std::string_view word =
        text_.word([](char c) { return std::string_view(" +-*(),").find(c) == std::string_view::npos; });
    if (word.empty()) fail();
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      const auto value = parse_number<int64_t>(word);
      if (!value) fail();
      return *value;
    }
    if (!take('(')) return Dim::symbol(std::string(word));
    const Dim a = sum();
    if (!take(',')) fail();
    const Dim b = sum();
    if (!take(')')) fail();
    if (word == "floordiv") return Dim::floor_div(a, b);
    if (word == "min") return Dim::min(a, b);
    if (word == "max") return Dim::max(a, b);
    fail();
  }

  TextCursor text_;
  int depth_ = 0;
};

}  // namespace

Dim Dim::parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace tn
