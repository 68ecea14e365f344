// Puts surfaces that can be turned in the place of their pictures, where the browser can draw them. Without scripts or
// WebGL, and on paper, the pictures stay.
(() => {
  const holders = [...document.querySelectorAll("[data-surface]")];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const turned = new Map();

  function canDraw() {
    try {
      const context = document.createElement("canvas").getContext("webgl");
      context?.getExtension("WEBGL_lose_context")?.loseContext();
      return Boolean(context) && "DecompressionStream" in window;
    } catch {
      return false;
    }
  }

  let loaded;
  function plotly() {
    // Unpacked once, when the first surface comes into view: a page is read before it is turned.
    loaded ??= (async () => {
      const packed = atob(document.getElementById("plotly").textContent);
      const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      const script = document.createElement("script");
      script.textContent = await new Response(stream).text();
      document.head.append(script);
      return window.Plotly;
    })();
    return loaded;
  }

  function colours() {
    const style = getComputedStyle(document.documentElement);
    const [ink, line, soft] = ["--ink", "--line", "--soft"].map((name) => style.getPropertyValue(name).trim());
    const changes = { "font.color": ink, "modebar.color": soft, "modebar.activecolor": ink };
    for (const axis of ["xaxis", "yaxis", "zaxis"]) {
      for (const part of ["gridcolor", "linecolor", "zerolinecolor"]) changes[`scene.${axis}.${part}`] = line;
      changes[`scene.${axis}.color`] = ink;
    }
    return changes;
  }

  async function draw(holder) {
    const { data, layout } = JSON.parse(document.getElementById(holder.dataset.surface).textContent);
    const picture = holder.previousElementSibling;
    const stage = holder.querySelector(".stage");
    const Plotly = await plotly();
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      modebar: { bgcolor: "rgba(0,0,0,0)" },
      margin: { l: 0, r: 0, t: 0, b: 0 },
      font: { family: getComputedStyle(document.body).fontFamily, size: 12 },
    });
    // A wheel scrolls the page, over a surface as well; and no button of plotly's that would send the data away.
    const modeBarButtons = [["toImage", "orbitRotation", "pan3d", "zoom3d", "resetCameraDefault3d"]];
    const settings = { displaylogo: false, responsive: true, scrollZoom: false, modeBarButtons, plotlyServerURL: "" };
    holder.hidden = false;
    // On a narrow screen from farther away, so that all of it is seen.
    const far = Math.max(1, 600 / stage.clientWidth);
    const { x, y, z } = layout.scene.camera.eye;
    const start = { x: far * x, y: far * y, z: far * z };
    layout.scene.camera.eye = { ...start };
    try {
      await Plotly.newPlot(stage, data, layout, settings);
      await Plotly.relayout(stage, colours());
    } catch {
      holder.hidden = true;
      return;
    }
    picture.hidden = true;
    turned.set(stage, Plotly);
    holder.querySelector(".keys").addEventListener("click", (event) => {
      const turn = event.target.closest("button")?.dataset.turn; // empty: back to the start
      if (turn === undefined) return;
      const eye = turn ? moved(stage.layout.scene.camera.eye, ...turn.split(" ").map(Number)) : start;
      Plotly.relayout(stage, { "scene.camera.eye": eye });
    });
  }

  function moved({ x, y, z }, around, up) {
    const radius = Math.hypot(x, y, z);
    const angle = Math.atan2(y, x) + (around * Math.PI) / 180;
    const limit = (88 * Math.PI) / 180;
    const height = Math.max(-limit, Math.min(limit, Math.asin(z / radius) + (up * Math.PI) / 180));
    const flat = radius * Math.cos(height);
    return { x: flat * Math.cos(angle), y: flat * Math.sin(angle), z: radius * Math.sin(height) };
  }

  if (!holders.length || !canDraw()) return;
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((each) => each.isIntersecting)) {
      seen.unobserve(entry.target);
      draw(entry.target.nextElementSibling);
    }
  }, { rootMargin: "300px" });
  for (const holder of holders) seen.observe(holder.previousElementSibling);
  dark.addEventListener("change", () => turned.forEach((Plotly, stage) => Plotly.relayout(stage, colours())));
})();
