#pragma once

#include "base/result.h"

#include <napi.h>

namespace dormouse::napi {

// The name of a code as binding/index.d.ts spells it.
char const* code_name(Code);

// A JS Error with `code`.
Napi::Error to_js(Napi::Env, Error const&);

// Throws it into JS and returns undefined, for `return fail(env, error);`. JS goes on only after the native function
// has returned.
Napi::Value fail(Napi::Env, Error const&);

}
