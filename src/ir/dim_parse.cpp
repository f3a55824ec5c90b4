// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <charconv>

#include "base/error.h"
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
    if (at_ != text_.size()) fail();
    return dim;
  }

 private:
  static constexpr int kMaxDepth = 200;

  [[noreturn]] void fail() const { throw Error(ErrorCode::InvalidArgument, "'{}' is not a dimension", text_); }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    skip();
    return true;
  }

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
    skip();
    if (take('(')) {
      const Dim inner = sum();
      if (!take(')')) fail();
      return inner;
    }
    const std::string_view word = take_word();
    if (word.empty()) fail();
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0) {
      int64_t value = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || end != word.data() + word.size()) fail();
      return value;
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

  std::string_view take_word() {
    const size_t begin = at_;
    while (at_ < text_.size() && std::string_view(" +-*(),").find(text_[at_]) == std::string_view::npos) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    skip();
    return word;
  }

  std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Dim Dim::parse(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace tn
