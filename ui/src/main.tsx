// Where the page starts.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Dashboard } from "./app";
import "./look/index.css";
import { applyTheme, readTheme } from "./theme";

applyTheme(readTheme());
const root = document.getElementById("root");
if (root) createRoot(root).render(<StrictMode><Dashboard /></StrictMode>);
