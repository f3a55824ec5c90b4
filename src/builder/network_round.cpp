// SPDX-License-Identifier: Apache-2.0
#include "builder/network_round.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "base/hash.h"

namespace tn {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMostWays = 8;
constexpr double kNear = 1.3, kNearMicroseconds = 0.8;
// How much slower alone the best way with or without a library may be.
constexpr double kKindNear = 2, kKindNearMicroseconds = 4;
constexpr double kFaster = 0.997;  // smaller differences are noise
constexpr double kAsFast = 1.02;   // a network that is no slower without libraries needs none
constexpr int kMostPasses = 2;
constexpr std::string_view kWhat = "how ways compare in the network";

bool calls_library(const Choice& choice) {
  return choice.tactic->calls_library();
}

// Whether both take and give their operands in the same order and memory.
bool can_replace(const Region& region, const Choice& way, const Choice& other) {
  return way.tactic->order(region) == other.tactic->order(region) && way.tactic->space() == other.tactic->space();
}

/// A distinct region that has rivals.
struct Contest {
  std::string name, signature;
  std::vector<size_t> nodes;  ///< where it stands, by place in graph order
  std::vector<Choice> ways;
  double microseconds = 0;      ///< of all its nodes
  std::optional<size_t> guess;  ///< the way that would be chosen without times
};

// Where the way that would be chosen without times stands among the ways.
std::optional<size_t> guess_among(std::span<const Choice> ways, std::span<const Tuner::Ranked> ranked) {
  const auto guess = std::ranges::find_if(ranked, &Tuner::Ranked::guessed);
  if (guess == ranked.end()) return std::nullopt;
  const auto at = std::ranges::find(ways, name_of(guess->choice), [](const Choice& way) { return name_of(way); });
  return at == ways.end() ? std::nullopt : std::optional(static_cast<size_t>(at - ways.begin()));
}

std::vector<Contest> contests_of(const Graph& graph, Tuner& tuner) {
  std::vector<Contest> contests;
  std::map<std::string, size_t> known;  // by signature
  const auto order = graph.order();
  for (size_t node = 0; node < order.size(); ++node) {
    const Region region = *region_of(graph, graph.node(order[node]));
    const auto [entry, fresh] = known.try_emplace(tuner.signature_of(region), contests.size());
    const auto ranked = tuner.ranked(region);
    if (fresh) {
      contests.push_back({region.node->name, entry->first, {}, rival_ways(region, ranked)});
      contests.back().guess = guess_among(contests.back().ways, ranked);
    }
    Contest& contest = contests[entry->second];
    contest.nodes.push_back(node);
    if (!ranked.empty()) contest.microseconds += ranked[0].microseconds;
  }
  std::erase_if(contests, [](const Contest& contest) { return contest.ways.size() < 2; });
  std::ranges::stable_sort(contests, std::greater(), &Contest::microseconds);
  return contests;
}

/// Comparisons in a fixed order, as many as the time allows: what the cache knows is not measured again.
class Round {
 public:
  Round(const Graph& graph, Tuner& tuner, const NetworkRoundOptions& options, const CompareWays& compare)
      : tuner_(tuner),
        options_(options),
        compare_(compare),
        contests_(contests_of(graph, tuner)),
        current_(graph.order().size(), 0) {
    network_ = tuner.signature_of(graph);
    for (const Contest& contest : contests_) {
      for (const Choice& way : contest.ways) network_ += "|" + name_of(way);
    }
    network_ = hash_text(network_).hex();
  }

  std::string run() {
    if (contests_.empty()) return "";
    const std::string end = network_ + "|comparisons";
    const auto known = tuner_.recall(end, kWhat);
    if (known) limit_ = static_cast<int>(*known);
    drop_libraries();
    try_guesses();
    bool changed = true;
    for (int pass = 0; changed && pass < kMostPasses && !ended(); ++pass) {
      changed = false;
      for (const Contest& contest : contests_) {
        changed |= hold(contest);
        if (pass == 0 && options_.region_done) options_.region_done();
      }
    }
    if (!known) tuner_.remember(end, done_);
    return text_;
  }

 private:
  Clock::time_point deadline() const {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.seconds));
  }
  bool ended() const { return limit_ >= 0 ? done_ >= limit_ : Clock::now() > deadline_; }

  static void set(std::vector<size_t>& ways, const Contest& contest, size_t way) {
    for (const size_t node : contest.nodes) ways[node] = way;
  }
  const Choice& way_of(const Contest& contest) const { return contest.ways[current_[contest.nodes[0]]]; }

  void take(const Contest& contest, size_t way) {
    set(current_, contest, way);
    tuner_.replace(contest.signature, contest.ways[way]);
  }

  double relative_time(const std::vector<size_t>& other) {
    ++done_;
    const std::string key = fmt::format("{}|{}|{}", network_, fmt::join(current_, ","), fmt::join(other, ","));
    if (const auto known = tuner_.recall(key, kWhat)) return *known;
    tuner_.remember(key, compare_(current_, other));
    // Making the network with all ways takes long where weights are many, and is no comparison yet.
    if (!std::exchange(compared_, true)) deadline_ = deadline();
    return *tuner_.recall(key, kWhat);
  }

  /// Another way of a contest.
  struct Change {
    const Contest* contest;
    size_t way;
  };

  // Compares the network with all changes at once, and makes them where `good` says so of its relative time.
  template <typename Good>
  void try_together(const std::vector<Change>& changes, std::string_view what, Good good) {
    if (changes.empty() || ended()) return;
    std::vector<size_t> other = current_;
    for (const auto& [contest, way] : changes) set(other, *contest, way);
    const double ratio = relative_time(other);
    const bool taken = good(ratio);
    text_ += fmt::format("  {}: {:.4f}; {}\n", what, ratio, taken ? "taken" : "not taken");
    if (!taken) return;
    for (const auto& [contest, way] : changes) take(*contest, way);
  }

  // A library that wins alone takes from its neighbours that they overlap with what stands there: one region without it
  // among others that have it shows little of that.
  void drop_libraries() {
    std::vector<Change> changes;
    for (const Contest& contest : contests_) {
      if (!calls_library(way_of(contest))) continue;
      const auto own = std::ranges::find_if_not(contest.ways, calls_library);
      if (own != contest.ways.end()) changes.push_back({&contest, static_cast<size_t>(own - contest.ways.begin())});
    }
    try_together(changes, fmt::format("{} regions without libraries", changes.size()),
                 [](double ratio) { return ratio <= kAsFast; });
  }

  // Where times of single regions say little, the network may be faster without regard to them.
  void try_guesses() {
    std::vector<Change> changes;
    for (const Contest& contest : contests_) {
      if (contest.guess && *contest.guess != current_[contest.nodes[0]]) changes.push_back({&contest, *contest.guess});
    }
    try_together(changes, "all as without times", [](double ratio) { return ratio < kFaster; });
  }

  // Whether another way has won.
  bool hold(const Contest& contest) {
    const size_t before = current_[contest.nodes[0]];
    const Choice& now = contest.ways[before];
    std::string text = fmt::format("  {} ({}x), {}:", contest.name, contest.nodes.size(), name_of(now));
    size_t best = before;
    double least = std::numeric_limits<double>::infinity();
    for (size_t way = 0; way < contest.ways.size() && !ended(); ++way) {
      if (way == before) continue;
      std::vector<size_t> other = current_;
      set(other, contest, way);
      const double ratio = relative_time(other);
      text += fmt::format(" {} {:.4f}", name_of(contest.ways[way]), ratio);
      const bool frees = calls_library(now) && !calls_library(contest.ways[way]);
      if (ratio >= (frees ? 1 : kFaster) || ratio >= least) continue;
      least = ratio;
      best = way;
    }
    if (best == before) return false;
    take(contest, best);
    text_ += text + fmt::format("; now {}\n", name_of(contest.ways[best]));
    return true;
  }

  Tuner& tuner_;
  const NetworkRoundOptions& options_;
  const CompareWays& compare_;
  std::string network_;
  std::vector<Contest> contests_;
  std::vector<size_t> current_;  ///< way of each node
  int done_ = 0, limit_ = -1;
  bool compared_ = false;
  Clock::time_point deadline_ = deadline();
  std::string text_;
};

}  // namespace

std::vector<Choice> rival_ways(const Region& region, std::span<const Tuner::Ranked> ranked) {
  std::vector<Choice> ways;
  if (ranked.empty()) return ways;
  const Choice& first = ranked[0].choice;
  const double shortest = ranked[0].microseconds;
  const auto near = [&](const Tuner::Ranked& way, double factor, double more) {
    return can_replace(region, way.choice, first) && way.microseconds <= std::max(factor * shortest, shortest + more);
  };
  const auto kind = std::ranges::find_if(ranked, [&](const Tuner::Ranked& way) {
    return calls_library(way.choice) != calls_library(first) && near(way, kKindNear, kKindNearMicroseconds);
  });
  for (auto way = ranked.begin(); way != ranked.end(); ++way) {
    const size_t most = kMostWays - (kind != ranked.end() && way < kind ? 1 : 0);
    const bool taken = way == kind || (near(*way, kNear, kNearMicroseconds) && ways.size() < most);
    if (taken || (way->guessed && can_replace(region, way->choice, first))) ways.push_back(way->choice);
  }
  return ways;
}

std::string tune_in_network(const Graph& graph, Tuner& tuner, const NetworkRoundOptions& options,
                            const CompareWays& compare) {
  return Round(graph, tuner, options, compare).run();
}

}  // namespace tn
