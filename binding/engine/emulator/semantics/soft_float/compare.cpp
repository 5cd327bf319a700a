#include "engine/emulator/semantics/soft_float/compare.h"

#include "engine/emulator/semantics/soft_float/unpack.h"

#include <type_traits>

namespace dormouse::emulator::soft_float {

namespace {

    // Numbers in the order of these integers; both zeros are the same.
    template <typename Word> std::make_signed_t<Word> order(Word number)
    {
        auto const magnitude = static_cast<std::make_signed_t<Word>>(Format<Word>::magnitude(number));
        return Format<Word>::sign(number) ? -magnitude : magnitude;
    }

    enum class Extreme { Maximum, Minimum };

    template <typename Word> Word extreme(Word x, Word y, Extreme which, Environment& env)
    {
        using F = Format<Word>;
        Word const a = flush_input(x, env);
        Word const b = flush_input(y, env);
        if (auto const nan = process_nans(env, a, b))
            return *nan;
        if (F::is_zero(a) && F::is_zero(b))
            return which == Extreme::Maximum ? a & b : a | b;
        bool const first = which == Extreme::Maximum ? order(a) > order(b) : order(a) < order(b);
        return first ? a : b;
    }

    template <typename Word> Word extreme_number(Word x, Word y, Extreme which, Environment& env)
    {
        using F = Format<Word>;
        // Flushing happens to both operands even when a NaN decides the result.
        Word a = flush_input(x, env);
        Word b = flush_input(y, env);
        Word const loser = F::infinity(which == Extreme::Maximum);
        if (F::is_quiet_nan(a) && !F::is_quiet_nan(b))
            a = loser;
        else if (F::is_quiet_nan(b) && !F::is_quiet_nan(a))
            b = loser;
        return extreme(a, b, which, env);
    }

}

template <typename Word> Relation compare(Word x, Word y, NanPolicy policy, Environment& env)
{
    using F = Format<Word>;
    Word const a = flush_input(x, env);
    Word const b = flush_input(y, env);
    if (F::is_nan(a) || F::is_nan(b)) {
        if (policy == NanPolicy::AnyIsInvalid || F::is_signalling_nan(a) || F::is_signalling_nan(b))
            env.raise(kInvalidOperation);
        return Relation::Unordered;
    }
    auto const left = order(a);
    auto const right = order(b);
    return left == right ? Relation::Equal : left < right ? Relation::Less : Relation::Greater;
}

template <typename Word> Word maximum(Word x, Word y, Environment& env)
{
    return extreme(x, y, Extreme::Maximum, env);
}

template <typename Word> Word minimum(Word x, Word y, Environment& env)
{
    return extreme(x, y, Extreme::Minimum, env);
}

template <typename Word> Word maximum_number(Word x, Word y, Environment& env)
{
    return extreme_number(x, y, Extreme::Maximum, env);
}

template <typename Word> Word minimum_number(Word x, Word y, Environment& env)
{
    return extreme_number(x, y, Extreme::Minimum, env);
}

template Relation compare(uint32_t, uint32_t, NanPolicy, Environment&);
template Relation compare(uint64_t, uint64_t, NanPolicy, Environment&);
template uint32_t maximum(uint32_t, uint32_t, Environment&);
template uint64_t maximum(uint64_t, uint64_t, Environment&);
template uint32_t minimum(uint32_t, uint32_t, Environment&);
template uint64_t minimum(uint64_t, uint64_t, Environment&);
template uint32_t maximum_number(uint32_t, uint32_t, Environment&);
template uint64_t maximum_number(uint64_t, uint64_t, Environment&);
template uint32_t minimum_number(uint32_t, uint32_t, Environment&);
template uint64_t minimum_number(uint64_t, uint64_t, Environment&);

}
