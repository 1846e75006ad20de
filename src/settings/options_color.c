/* SPDX-License-Identifier: MIT */
/* Copyright 2026 The cadcast authors */
#include "settings/options_color.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The names of CSS Color Module Level 3, section 4.3, sorted for the search. The clients know no
 * names of later levels, nor "transparent". */
static const char *const names[] = {
    "aliceblue",
    "antiquewhite",
    "aqua",
    "aquamarine",
    "azure",
    "beige",
    "bisque",
    "black",
    "blanchedalmond",
    "blue",
    "blueviolet",
    "brown",
    "burlywood",
    "cadetblue",
    "chartreuse",
    "chocolate",
    "coral",
    "cornflowerblue",
    "cornsilk",
    "crimson",
    "cyan",
    "darkblue",
    "darkcyan",
    "darkgoldenrod",
    "darkgray",
    "darkgreen",
    "darkgrey",
    "darkkhaki",
    "darkmagenta",
    "darkolivegreen",
    "darkorange",
    "darkorchid",
    "darkred",
    "darksalmon",
    "darkseagreen",
    "darkslateblue",
    "darkslategray",
    "darkslategrey",
    "darkturquoise",
    "darkviolet",
    "deeppink",
    "deepskyblue",
    "dimgray",
    "dimgrey",
    "dodgerblue",
    "firebrick",
    "floralwhite",
    "forestgreen",
    "fuchsia",
    "gainsboro",
    "ghostwhite",
    "gold",
    "goldenrod",
    "gray",
    "green",
    "greenyellow",
    "grey",
    "honeydew",
    "hotpink",
    "indianred",
    "indigo",
    "ivory",
    "khaki",
    "lavender",
    "lavenderblush",
    "lawngreen",
    "lemonchiffon",
    "lightblue",
    "lightcoral",
    "lightcyan",
    "lightgoldenrodyellow",
    "lightgray",
    "lightgreen",
    "lightgrey",
    "lightpink",
    "lightsalmon",
    "lightseagreen",
    "lightskyblue",
    "lightslategray",
    "lightslategrey",
    "lightsteelblue",
    "lightyellow",
    "lime",
    "limegreen",
    "linen",
    "magenta",
    "maroon",
    "mediumaquamarine",
    "mediumblue",
    "mediumorchid",
    "mediumpurple",
    "mediumseagreen",
    "mediumslateblue",
    "mediumspringgreen",
    "mediumturquoise",
    "mediumvioletred",
    "midnightblue",
    "mintcream",
    "mistyrose",
    "moccasin",
    "navajowhite",
    "navy",
    "oldlace",
    "olive",
    "olivedrab",
    "orange",
    "orangered",
    "orchid",
    "palegoldenrod",
    "palegreen",
    "paleturquoise",
    "palevioletred",
    "papayawhip",
    "peachpuff",
    "peru",
    "pink",
    "plum",
    "powderblue",
    "purple",
    "red",
    "rosybrown",
    "royalblue",
    "saddlebrown",
    "salmon",
    "sandybrown",
    "seagreen",
    "seashell",
    "sienna",
    "silver",
    "skyblue",
    "slateblue",
    "slategray",
    "slategrey",
    "snow",
    "springgreen",
    "steelblue",
    "tan",
    "teal",
    "thistle",
    "tomato",
    "turquoise",
    "violet",
    "wheat",
    "white",
    "whitesmoke",
    "yellow",
    "yellowgreen",
};

#define HEX_DIGITS "0123456789abcdefABCDEF"

static int by_name(const void *key, const void *member)
{
    return strcasecmp(key, *(const char *const *)member);
}

bool options_color_text(const char *text)
{
    if (text[0] != '#')
        return bsearch(text, names, sizeof(names) / sizeof(names[0]), sizeof(names[0]), by_name) !=
               NULL;
    size_t digits = strspn(text + 1, HEX_DIGITS);
    return text[1 + digits] == '\0' && (digits == 3 || digits == 6 || digits == 8);
}

static bool is_within(const json_t *number, double most)
{
    return json_is_number(number) && json_number_value(number) >= 0 &&
           json_number_value(number) <= most;
}

bool options_color_list(const json_t *list)
{
    size_t count = json_array_size(list);
    bool fractions = false;
    if (count != 3 && count != 4)
        return false;
    for (size_t i = 0; i < 3; i++)
        fractions |= json_is_real(json_array_get(list, i));
    for (size_t i = 0; i < 3; i++) {
        if (!is_within(json_array_get(list, i), fractions ? 1 : 255))
            return false;
    }
    return count == 3 || is_within(json_array_get(list, 3), 255);
}
